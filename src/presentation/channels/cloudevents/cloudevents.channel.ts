import { COUNTS } from '../answer-format.js';
import { httpChannel } from '../http-channel.js';
import { translateEvents } from './events.js';
import { EVENT } from './examples.js';

/** Events in the format of CloudEvents 1.0. */
export const cloudevents = httpChannel({
  name: 'cloudevents',
  summary: 'Receive CloudEvents',
  description:
    'Events of CloudEvents 1.0 over HTTP, in structured mode, batched (`application/cloudevents-batch+json`) or in binary mode. Each ' +
    'event is a report; one that is sent again with the same `source` and `id` is a replay.',
  // Generators of clients fail on a second type; the description names the batched mode.
  documentedType: 'application/cloudevents+json',
  headers: /^(?:content-type|ce-[a-z0-9]+)$/,
  answers: { success: { ...COUNTS.success, status: 202 } },
  examples: {
    event: { summary: 'An event', value: EVENT },
  },
  translate: translateEvents,
});
