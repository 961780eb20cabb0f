import { TEXT_SCHEMA } from '../../http/validation/text-fields.js';
import { type AnswerFormat, detailsOf } from '../answer-format.js';
import { httpChannel } from '../http-channel.js';
import { idOfAlias, translateAcknowledge, translateClose, translateCreate, translateNote } from './alerts.js';
import { ACKNOWLEDGE, CLOSE, CREATE, NOTE } from './examples.js';
import { OpsgenieQuery } from './opsgenie.dto.js';

const text = { type: 'string' } as const;

const RESULT = 'Request will be processed';

const answers: AnswerFormat = {
  success: {
    status: 202,
    schema: {
      type: 'object',
      required: ['result', 'took', 'requestId'],
      properties: {
        result: text,
        took: { type: 'number', description: 'In seconds.' },
        requestId: { ...text, description: 'Also the id of the alert.' },
      },
    },
    example: { result: RESULT, took: 0.004, requestId: '43a29c5c-3dbf-4fa4-9c26-f4f71023e120' },
    of: ({ dedupKey, tookMs }) => ({
      result: RESULT,
      took: Math.round(tookMs) / 1_000,
      requestId: idOfAlias(dedupKey),
    }),
  },
  failure: {
    schema: {
      type: 'object',
      required: ['message', 'errors', 'took', 'requestId'],
      properties: {
        message: text,
        errors: { type: 'array', items: text },
        took: { type: 'number' },
        requestId: text,
      },
    },
    of: (problem, requestId) => ({
      message:
        problem.code === 'request.invalid'
          ? 'Request body is not processable. Please check the errors.'
          : problem.message,
      errors: detailsOf(problem),
      took: 0,
      requestId,
    }),
    // Clients wait and send again after it, as they do after that of Opsgenie.
    statuses: { 'intake.rate-limited': 429 },
  },
};

const DESCRIPTION = 'As `https://api.opsgenie.com/v2/alerts`, with an access key as `GenieKey`.';

/** An object with a text that is required, and others. */
const object = (member: string) => ({
  type: 'object' as const,
  required: [member],
  properties: { [member]: { ...text, ...TEXT_SCHEMA } },
  additionalProperties: true,
});

const change = { description: DESCRIPTION, query: OpsgenieQuery } as const;

/** The Alert API of Opsgenie. */
export const opsgenie = httpChannel({
  name: 'opsgenie',
  answers,
  routes: [
    {
      path: 'v2/alerts',
      summary: 'Receive an alert in the format of Opsgenie',
      description: DESCRIPTION,
      schema: object('message'),
      examples: { create: { summary: 'An alert', value: CREATE } },
      translate: translateCreate,
    },
    {
      ...change,
      path: 'v2/alerts/:identifier/close',
      operation: 'close',
      summary: 'Close an alert in the format of Opsgenie',
      examples: { close: { summary: 'With a note', value: CLOSE } },
      translate: translateClose,
    },
    {
      ...change,
      path: 'v2/alerts/:identifier/acknowledge',
      operation: 'acknowledge',
      summary: 'Acknowledge an alert in the format of Opsgenie',
      examples: { acknowledge: { summary: 'By a person', value: ACKNOWLEDGE } },
      translate: translateAcknowledge,
    },
    {
      ...change,
      path: 'v2/alerts/:identifier/notes',
      operation: 'note',
      summary: 'Add a note to an alert in the format of Opsgenie',
      schema: object('note'),
      examples: { note: { summary: 'A note', value: NOTE } },
      translate: translateNote,
    },
  ],
});
