import { httpChannel } from '../http-channel.js';
import { CERTIFICATE, DOWN, TEST, UP } from './examples.js';
import { translateNotification } from './notifications.js';

/** The webhook of Uptime Kuma. */
export const uptimeKuma = httpChannel({
  name: 'uptime-kuma',
  summary: 'Receive a notification from Uptime Kuma',
  description:
    'The payload of the webhook, as JSON or as a form. A monitor that is down reports, one that is up resolves.',
  headers: /^content-type$/,
  examples: {
    down: { summary: 'A monitor is down', value: DOWN },
    up: { summary: 'A monitor is up', value: UP },
    certificate: { summary: 'A certificate expires', value: CERTIFICATE },
    test: { summary: 'A test', value: TEST },
  },
  translate: translateNotification,
});
