import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, type ApiResponseSchemaHost, getSchemaPath } from '@nestjs/swagger';
import {
  AccessKeyInRotation,
  AccessKeyNameTaken,
  AccessKeyNotFound,
  AccessKeyInactive,
  AccessKeySignedOnly,
  InvalidExpiry,
  PublicKeyRequired,
  SignatureRequired,
} from '../../../domain/access/access-key-errors.js';
import {
  ConsumerNotFound,
  ConsumerHeldByAnother,
  ConsumerOwnedByAnother,
  FeedPositionGone,
  TooManyConsumers,
} from '../../../domain/feed/feed-errors.js';
import { invalidSignature, malformedSignature, NONCE_REUSED } from '../signatures/signature-problems.js';
import {
  AttachmentNotFound,
  DailyLimitReached,
  FileTooLarge,
  NoPreview,
  TooManyAttachments,
  TooManyFiles,
  UnreadableImage,
} from '../../../domain/attachments/attachment-errors.js';
import { PolicyNotFound, TooManyPolicies } from '../../../domain/attention/policy-errors.js';
import { HeartbeatNotFound } from '../../../domain/heartbeat/heartbeat-errors.js';
import {
  ImportedWithOtherSettings,
  ImportInProgress,
  UnreadableFile,
} from '../../../domain/imports/import-errors.js';
import { IdempotencyKeyInUse, IdempotencyKeyReused } from '../../../domain/incident/idempotency.js';
import {
  AlreadyDuplicate,
  DescriptionTooLong,
  DuplicateCycle,
  IncidentClosed,
  IllegalTransition,
  IncidentNotFound,
  OriginalNotFound,
  UnexpectedStatus,
  VersionMismatch,
} from '../../../domain/incident/incident-errors.js';
import {
  QuarantinedMessageNotFound,
  QuarantinedMessageResolved,
  RetryFailed,
} from '../../../domain/quarantine/quarantine-errors.js';
import {
  CROSS_ORIGIN,
  forbidden,
  HttpProblem,
  invalidInput,
  OUTCOME_UNKNOWN,
  type Problem,
  problemBody,
  type ProblemCode,
  PROBLEMS,
  STORE_UNAVAILABLE,
  UNAUTHORIZED,
} from './problems.js';
import { ProblemResponse } from './problem.dto.js';

/** An error of each kind, as a client gets it. */
const EXAMPLES: readonly Problem[] = [
  new IncidentNotFound(1),
  new IllegalTransition('NEW', 'CLOSED', ['IN_PROGRESS']),
  new UnexpectedStatus('NEW', 'RESOLVED'),
  new IncidentClosed(),
  new DuplicateCycle(42, 17),
  new AlreadyDuplicate(5),
  new OriginalNotFound(17),
  new DescriptionTooLong(100_001, 100_000),
  new VersionMismatch(3),
  new IdempotencyKeyReused(),
  new IdempotencyKeyInUse(),
  new AccessKeyNotFound(1),
  new AccessKeyNameTaken('bot'),
  new AccessKeyInactive(1),
  new AccessKeyInRotation('bot'),
  new InvalidExpiry(),
  new SignatureRequired('bot'),
  new PublicKeyRequired(1),
  new AccessKeySignedOnly(1),
  new QuarantinedMessageNotFound(1),
  new QuarantinedMessageResolved(1, 'dismissed'),
  new RetryFailed('description must not be blank.'),
  new FeedPositionGone(
    { epoch: 3, number: 1 },
    { oldest: { epoch: 3, number: 1500 }, latest: { epoch: 3, number: 1871 } },
  ),
  new ConsumerNotFound('mailer'),
  new ConsumerOwnedByAnother('mailer'),
  new ConsumerHeldByAnother('mailer'),
  new TooManyConsumers(100),
  new AttachmentNotFound(1),
  new FileTooLarge('касса.mp4'),
  new TooManyFiles(),
  new TooManyAttachments(),
  new DailyLimitReached(2 ** 31, 3_600),
  new UnreadableImage('касса.jpg', 'Input image exceeds pixel limit'),
  new NoPreview('application/pdf'),
  new PolicyNotFound('tg:-100123'),
  new TooManyPolicies(1_000),
  new HeartbeatNotFound('nightly-export'),
  new ImportInProgress(),
  new ImportedWithOtherSettings(980),
  new UnreadableFile('it has no column "description"'),
  invalidInput('path', 'id', 'id must be a positive decimal integer'),
  new HttpProblem('request.malformed-body', 'The body is not valid UTF-8.'),
  UNAUTHORIZED,
  malformedSignature('Signature-Input has a duplicate parameter'),
  invalidSignature('The signature must cover content-digest'),
  NONCE_REUSED,
  forbidden('reader', 'report'),
  CROSS_ORIGIN,
  new HttpProblem('request.rate-limited', 'The key bot is limited to 600 requests per minute.'),
  new HttpProblem('intake.rate-limited', 'The key bot is limited to 600 requests per minute.'),
  new HttpProblem('request.precondition-failed', 'The list of incidents exists and has no entity tag.'),
  new HttpProblem('request.timeout', 'The body did not arrive within 30 s.'),
  new HttpProblem('request.body-too-large', 'The body must be at most 262144 bytes long.'),
  new HttpProblem(
    'request.unsupported-media-type',
    'The content type must be application/json, not text/plain.',
  ),
  new HttpProblem('request.range-not-satisfiable', 'The file is 123456 bytes long.'),
  STORE_UNAVAILABLE,
  OUTCOME_UNKNOWN,
  new HttpProblem('service.not-ready', 'The service is not ready.', {
    checks: { database: { status: 'down', message: 'The database does not answer.' } },
  }),
];

const EXAMPLE_OF_CODE = new Map(EXAMPLES.map((error) => [error.code, error]));

/** The id of a request in examples. */
export const EXAMPLE_REQUEST_ID = '5f0c3c2e-8a41-4e0c-9d2a-0d6f1f0f7a11';

/** The header of answers that ask a client to wait. */
const RETRY_AFTER = {
  'Retry-After': {
    description: 'Seconds until the request may be sent again.',
    schema: { type: 'integer' as const },
  },
};

/** Problems of the authentication, on every route that needs an access key. */
export const AUTHENTICATION_PROBLEMS = [
  'request.unauthorized',
  'access-key.signature-required',
  'signature.malformed',
  'signature.invalid',
  'signature.nonce-reused',
] as const satisfies readonly ProblemCode[];

/** Problems of every route that needs an access key. */
export const COMMON_PROBLEMS = [
  'request.invalid',
  ...AUTHENTICATION_PROBLEMS,
  'request.forbidden',
  'request.cross-origin',
  'request.rate-limited',
  'store.unavailable',
] as const satisfies readonly ProblemCode[];

/** Problems of every route that reads a JSON body. */
export const BODY_PROBLEMS = [
  'request.invalid',
  'request.malformed-body',
  'request.timeout',
  'request.body-too-large',
  'request.unsupported-media-type',
] as const satisfies readonly ProblemCode[];

/**
 * Documents the problems that a route may answer with, with an example of each. A route that documents a status again
 * replaces what its controller documents for it.
 */
export function Problems(...codes: ProblemCode[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ApiExtraModels(ProblemResponse),
    FailureResponses(codes, {
      type: 'application/problem+json',
      schema: { $ref: getSchemaPath(ProblemResponse) },
      statusOf: (code) => PROBLEMS[code].status,
      exampleOf,
    }),
  );
}

/** How failures are answered, for the contract. */
interface FailureFormat {
  readonly type: string;
  readonly schema: ApiResponseSchemaHost['schema'];
  readonly statusOf: (code: ProblemCode) => number;
  readonly exampleOf: (code: ProblemCode) => object;
}

/** Documents the answers to problems: one response for each status, with an example of each problem. */
export function FailureResponses(
  codes: readonly ProblemCode[],
  { type, schema, statusOf, exampleOf: example }: FailureFormat,
): MethodDecorator & ClassDecorator {
  const byStatus = Map.groupBy(codes, statusOf);
  return applyDecorators(
    ...[...byStatus].map(([status, codes]) =>
      ApiResponse({
        status,
        description: codes.map((code) => PROBLEMS[code].title).join(', or '),
        ...((status === 503 || status === 429) && { headers: RETRY_AFTER }),
        content: {
          [type]: {
            schema,
            examples: Object.fromEntries(codes.map((code) => [code, { value: example(code) }])),
          },
        },
      }),
    ),
  );
}

function exampleOf(code: ProblemCode) {
  return problemBody(exampleProblem(code), '/api/v1/incidents/1', EXAMPLE_REQUEST_ID);
}

/** An example of a problem. @throws Error if there is none. */
export function exampleProblem(code: ProblemCode): Problem {
  const example = EXAMPLE_OF_CODE.get(code);
  if (!example) throw new Error(`No example of the problem ${code}: add one to problem-documentation.ts`);
  return example;
}
