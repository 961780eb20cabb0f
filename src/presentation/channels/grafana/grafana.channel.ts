import { httpChannel } from '../http-channel.js';
import { FIRING, RESOLVED } from './examples.js';
import { translateNotification } from './notification.js';
import { verifySignature } from './signature.js';

/** The webhook of a contact point of Grafana. */
export const grafana = httpChannel({
  name: 'grafana',
  summary: 'Receive a notification from Grafana',
  description:
    'The payload of the webhook of a contact point. An alert that fires reports, one that is resolved resolves.',
  examples: {
    firing: { summary: 'Two alerts that fire', value: FIRING },
    resolved: { summary: 'Both are resolved', value: RESOLVED },
  },
  verifySignature,
  translate: translateNotification,
});
