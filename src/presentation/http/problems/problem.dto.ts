import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import {
  AccessKeyInRotation,
  AccessKeyNameTaken,
  AccessKeyNotFound,
  AccessKeyInactive,
  InvalidExpiry,
} from '../../../domain/access/access-key-errors.js';
import { type Role, ROLES } from '../../../domain/access/role.js';
import type { DomainError } from '../../../domain/domain-error.js';
import {
  ConsumerNotFound,
  ConsumerOwnedByAnother,
  FeedPositionGone,
  TooManyConsumers,
} from '../../../domain/feed/feed-errors.js';
import { IdempotencyKeyInUse, IdempotencyKeyReused } from '../../../domain/incident/idempotency.js';
import {
  DescriptionTooLong,
  IncidentClosed,
  IllegalTransition,
  IncidentNotFound,
  UnexpectedStatus,
  VersionMismatch,
} from '../../../domain/incident/incident-errors.js';
import { INCIDENT_STATUSES, type IncidentStatus } from '../../../domain/incident/incident-status.js';
import {
  QuarantinedMessageNotFound,
  QuarantinedMessageResolved,
  RetryFailed,
} from '../../../domain/quarantine/quarantine-errors.js';
import {
  forbidden,
  HttpProblem,
  invalidRequest,
  OUTCOME_UNKNOWN,
  type ProblemCode,
  PROBLEMS,
  STORE_UNAVAILABLE,
  UNAUTHORIZED,
} from './problems.js';

export class InputErrorResponse {
  /** Which part of the request is wrong. */
  @ApiProperty({ enum: ['body', 'query', 'path', 'header'], example: 'body' })
  in: string;

  /** A JSON Pointer to the member, or to the parameter or header of that name; empty for the whole. */
  @ApiProperty({ example: '/description' })
  pointer: string;

  /** What is wrong with it. */
  @ApiProperty({ example: 'description must not be blank' })
  detail: string;
}

/** An error (RFC 9457). Further members depend on its code. */
export class ProblemResponse {
  @ApiProperty({ format: 'uri', example: 'urn:incidents:problem:incident.not-found' })
  type: string;

  @ApiProperty({ example: 'Incident not found' })
  title: string;

  @ApiProperty({ type: 'integer', minimum: 400, maximum: 599, example: 404 })
  status: number;

  /** What is wrong in this case, for people. */
  @ApiProperty({ example: 'There is no incident 404.' })
  detail: string;

  /** The path of the request. */
  @ApiProperty({ format: 'uri-reference', example: '/api/v1/incidents/404' })
  instance: string;

  /** What is wrong, for programs. Codes are stable. */
  @ApiProperty({ enum: Object.keys(PROBLEMS), enumName: 'ProblemCode', example: 'incident.not-found' })
  code: string;

  /** The id of the request in the log. */
  @ApiProperty({ example: '5f0c3c2e-8a41-4e0c-9d2a-0d6f1f0f7a11' })
  request_id: string;

  /** Every validation error, with `request.invalid`. */
  @ApiProperty({ type: [InputErrorResponse], required: false })
  errors?: InputErrorResponse[];

  /** The current status, with `incident.illegal-transition` and `incident.unexpected-status`. */
  @ApiProperty({ enum: INCIDENT_STATUSES, enumName: 'IncidentStatus', required: false })
  current?: IncidentStatus;

  /** The requested status, with `incident.illegal-transition`. */
  @ApiProperty({ enum: INCIDENT_STATUSES, enumName: 'IncidentStatus', required: false })
  requested?: IncidentStatus;

  /** The status that the request requires, with `incident.unexpected-status`. */
  @ApiProperty({ enum: INCIDENT_STATUSES, enumName: 'IncidentStatus', required: false })
  expected?: IncidentStatus;

  /** The statuses that may follow the current one, with `incident.illegal-transition`. */
  @ApiProperty({ enum: INCIDENT_STATUSES, enumName: 'IncidentStatus', isArray: true, required: false })
  allowed?: IncidentStatus[];

  /** The length that the description would have, with `incident.description-too-long`. */
  @ApiProperty({ type: 'integer', required: false })
  length?: number;

  /** The maximum length of a description, with `incident.description-too-long`. */
  @ApiProperty({ type: 'integer', required: false })
  limit?: number;

  /** The current version, with `incident.version-mismatch`. */
  @ApiProperty({ type: 'integer', required: false })
  version?: number;

  /** The present epoch, with `feed.position-gone`. */
  @ApiProperty({ type: 'integer', format: 'int64', required: false })
  epoch?: number;

  /** The position before the oldest event that is retained, with `feed.position-gone`. */
  @ApiProperty({ required: false })
  oldest?: string;

  /** The position of the newest event, with `feed.position-gone`. */
  @ApiProperty({ required: false })
  latest?: string;

  /** The role of the key, with `request.forbidden`. */
  @ApiProperty({ enum: ROLES, enumName: 'Role', required: false })
  role?: Role;

  /** The roles that have the permission, with `request.forbidden`. */
  @ApiProperty({ enum: ROLES, enumName: 'Role', isArray: true, required: false })
  needed?: Role[];

  /** The result of each health check, with `service.not-ready`. */
  @ApiProperty({ type: Object, required: false })
  checks?: object;
}

/** An error of each kind, as a client gets it. */
const EXAMPLES: readonly (DomainError | HttpProblem)[] = [
  new IncidentNotFound(1),
  new IllegalTransition('NEW', 'CLOSED', ['IN_PROGRESS']),
  new UnexpectedStatus('NEW', 'RESOLVED'),
  new IncidentClosed(),
  new DescriptionTooLong(100_001, 100_000),
  new VersionMismatch(3),
  new IdempotencyKeyReused(),
  new IdempotencyKeyInUse(),
  new AccessKeyNotFound(1),
  new AccessKeyNameTaken('bot'),
  new AccessKeyInactive(1),
  new AccessKeyInRotation('bot'),
  new InvalidExpiry(),
  new QuarantinedMessageNotFound(1),
  new QuarantinedMessageResolved(1, 'dismissed'),
  new RetryFailed('description must not be blank.'),
  new FeedPositionGone(
    { epoch: 3, number: 1 },
    { oldest: { epoch: 3, number: 1500 }, latest: { epoch: 3, number: 1871 } },
  ),
  new ConsumerNotFound('mailer'),
  new ConsumerOwnedByAnother('mailer'),
  new TooManyConsumers(100),
  invalidRequest([{ in: 'path', pointer: '/id', detail: 'id must be a positive decimal integer' }]),
  new HttpProblem('request.malformed-body', 'The body is not valid UTF-8.'),
  UNAUTHORIZED,
  forbidden('reader', 'report'),
  new HttpProblem('request.rate-limited', 'The key bot is limited to 600 requests per minute.'),
  new HttpProblem('intake.rate-limited', 'The key bot is limited to 600 requests per minute.'),
  new HttpProblem('request.precondition-failed', 'The list of incidents exists and has no entity tag.'),
  new HttpProblem('request.timeout', 'The body did not arrive within 30 s.'),
  new HttpProblem('request.body-too-large', 'The body must be at most 262144 bytes long.'),
  new HttpProblem(
    'request.unsupported-media-type',
    'The content type must be application/json, not text/plain.',
  ),
  STORE_UNAVAILABLE,
  OUTCOME_UNKNOWN,
  new HttpProblem('service.not-ready', 'The service is not ready.', {
    checks: { database: { status: 'down', message: 'The database does not answer.' } },
  }),
];

const EXAMPLE_OF_CODE = new Map(EXAMPLES.map((error) => [error.code, error]));

/** Problems of every route that needs an access key. */
export const COMMON_PROBLEMS = [
  'request.invalid',
  'request.unauthorized',
  'request.forbidden',
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
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return applyDecorators(
    ApiExtraModels(ProblemResponse),
    ...[...byStatus].map(([status, codes]) =>
      ApiResponse({
        status,
        description: codes.map((code) => PROBLEMS[code].title).join(', or '),
        ...((status === 503 || status === 429) && {
          headers: {
            'Retry-After': {
              description: 'Seconds until the request may be sent again.',
              schema: { type: 'integer' },
            },
          },
        }),
        content: {
          'application/problem+json': {
            schema: { $ref: getSchemaPath(ProblemResponse) },
            examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
          },
        },
      }),
    ),
  );
}

function exampleOf(code: ProblemCode) {
  const example = EXAMPLE_OF_CODE.get(code);
  if (!example) throw new Error(`No example of the problem ${code}: add one to problem.dto.ts`);
  const { message, facts } = example;
  return {
    type: `urn:incidents:problem:${code}`,
    ...PROBLEMS[code],
    instance: '/api/v1/incidents/1',
    code,
    request_id: '5f0c3c2e-8a41-4e0c-9d2a-0d6f1f0f7a11',
    detail: message,
    ...facts,
  };
}
