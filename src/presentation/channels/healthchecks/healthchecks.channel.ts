import { httpChannel } from '../http-channel.js';
import { DOWN, UP } from './examples.js';
import { translateNotification } from './notifications.js';

/** The webhook of Healthchecks. */
export const healthchecks = httpChannel({
  name: 'healthchecks',
  summary: 'Receive a notification from Healthchecks',
  description: 'A check that is down reports, one that is up resolves.',
  examples: {
    down: { summary: 'A check is down', value: DOWN },
    up: { summary: 'A check is up', value: UP },
  },
  translate: translateNotification,
});
