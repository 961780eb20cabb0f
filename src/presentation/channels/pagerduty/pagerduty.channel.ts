import { type ProblemCode, PROBLEMS } from '../../http/problems/problems.js';
import { TEXT_SCHEMA } from '../../http/validation/text-fields.js';
import { type AnswerFormat, detailsOf } from '../answer-format.js';
import { httpChannel } from '../http-channel.js';
import { routingKeyOf, translateChange, translateEvent } from './events.js';
import { ACKNOWLEDGE, CHANGE, RESOLVE, TRIGGER } from './examples.js';

/** PagerDuty's own limit of an event, with which senders reckon. */
const MAX_EVENT_BYTES = 512_000;

/** What an error is called in the answer, by its HTTP status. */
const STATUSES: Readonly<Record<number, string>> = {
  401: 'invalid key',
  403: 'invalid key',
  429: 'throttle exceeded',
  503: 'unavailable',
};

// Clients wait and send again after it, as they do after PagerDuty's own.
const STATUS_OF_CODE: Partial<Record<ProblemCode, number>> = { 'intake.rate-limited': 429 };

const text = { type: 'string' } as const;

const FAILURE: AnswerFormat['failure'] = {
  schema: {
    type: 'object',
    required: ['status', 'message', 'errors'],
    properties: { status: text, message: text, errors: { type: 'array', items: text } },
  },
  of: (problem) => ({
    status: STATUSES[STATUS_OF_CODE[problem.code] ?? PROBLEMS[problem.code].status] ?? 'invalid event',
    message: problem.code === 'request.invalid' ? 'Event object is invalid' : problem.message,
    errors: detailsOf(problem),
  }),
  statuses: STATUS_OF_CODE,
};

const EVENT_ANSWER = { status: 'success', message: 'Event processed' } as const;
const CHANGE_ANSWER = { status: 'success', message: 'Change event processed' } as const;

const DESCRIPTION = 'As `https://events.pagerduty.com/v2/enqueue`, with an access key as `routing_key`.';

const object = (required: readonly string[], properties: Readonly<Record<string, object>>) => ({
  type: 'object' as const,
  required: [...required],
  properties,
  additionalProperties: true,
});

const DEDUP_KEY = { ...text, ...TEXT_SCHEMA, maxLength: 255 };

/** The Events API v2 of PagerDuty. */
export const pagerduty = httpChannel({
  name: 'pagerduty',
  keyInBody: { find: routingKeyOf, maxBytes: MAX_EVENT_BYTES },
  maxBytes: MAX_EVENT_BYTES,
  routes: [
    {
      path: 'v2/enqueue',
      summary: 'Receive an event in the format of PagerDuty',
      description: `${DESCRIPTION} A trigger reports, an acknowledgement moves to IN_PROGRESS, a resolution resolves.`,
      schema: {
        oneOf: [
          object(['event_action', 'payload'], {
            event_action: { ...text, enum: ['trigger'] },
            dedup_key: DEDUP_KEY,
            payload: object(['summary', 'source'], {
              summary: { ...text, ...TEXT_SCHEMA },
              source: { ...text, ...TEXT_SCHEMA },
              severity: { ...text, enum: ['critical', 'error', 'warning', 'info'] },
            }),
          }),
          object(['event_action', 'dedup_key'], {
            event_action: { ...text, enum: ['acknowledge', 'resolve'] },
            dedup_key: DEDUP_KEY,
          }),
        ],
      },
      examples: {
        trigger: { summary: 'A cause that begins', value: TRIGGER },
        acknowledge: { summary: 'Somebody works on it', value: ACKNOWLEDGE },
        resolve: { summary: 'A cause that ends', value: RESOLVE },
      },
      answers: {
        success: {
          status: 202,
          schema: {
            type: 'object',
            required: ['status', 'message', 'dedup_key'],
            properties: { status: text, message: text, dedup_key: text },
          },
          example: { ...EVENT_ANSWER, dedup_key: 'samplekeyhere' },
          of: ({ dedupKey }) => ({ ...EVENT_ANSWER, dedup_key: dedupKey }),
        },
        failure: FAILURE,
      },
      translate: translateEvent,
    },
    {
      path: 'v2/change/enqueue',
      operation: 'change',
      summary: 'Receive a change event of PagerDuty',
      description: `${DESCRIPTION} A change is about no incident: it is stored with the quarantined messages, as accepted.`,
      schema: object(['payload'], {
        payload: object(['summary'], { summary: { ...text, ...TEXT_SCHEMA } }),
      }),
      examples: { change: { summary: 'A deployment', value: CHANGE } },
      answers: {
        success: {
          status: 202,
          schema: {
            type: 'object',
            required: ['status', 'message'],
            properties: { status: text, message: text },
          },
          example: CHANGE_ANSWER,
          of: () => CHANGE_ANSWER,
        },
        failure: FAILURE,
      },
      translate: translateChange,
    },
  ],
});
