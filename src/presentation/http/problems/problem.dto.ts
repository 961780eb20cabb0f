import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { type Role, ROLES } from '../../../domain/access/role.js';
import { INCIDENT_STATUSES, type IncidentStatus } from '../../../domain/incident/incident-status.js';
import { type ProblemCode, PROBLEMS } from './problems.js';

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

/** An error (RFC 9457). What stands in it besides depends on its code. */
export class ProblemResponse {
  @ApiProperty({ format: 'uri', example: 'urn:incidents:problem:incident.not-found' })
  type: string;

  @ApiProperty({ example: 'Incident not found' })
  title: string;

  @ApiProperty({ type: 'integer', minimum: 400, maximum: 599, example: 404 })
  status: number;

  /** What is wrong this time, for a person. */
  @ApiProperty({ example: 'There is no incident 404.' })
  detail: string;

  /** The path that was asked for. */
  @ApiProperty({ format: 'uri-reference', example: '/api/v1/incidents/404' })
  instance: string;

  /** What is wrong, for a program: these names stay. */
  @ApiProperty({ enum: Object.keys(PROBLEMS), enumName: 'ProblemCode', example: 'incident.not-found' })
  code: string;

  /** The request's id in the log. */
  @ApiProperty({ example: '5f0c3c2e-8a41-4e0c-9d2a-0d6f1f0f7a11' })
  request_id: string;

  /** Every breach of the contract, with `request.invalid`. */
  @ApiProperty({ type: [InputErrorResponse], required: false })
  errors?: InputErrorResponse[];

  /** The status that the incident has, with `incident.illegal-transition`. */
  @ApiProperty({ enum: INCIDENT_STATUSES, enumName: 'IncidentStatus', required: false })
  current?: IncidentStatus;

  /** The status that was asked for, with `incident.illegal-transition`. */
  @ApiProperty({ enum: INCIDENT_STATUSES, enumName: 'IncidentStatus', required: false })
  requested?: IncidentStatus;

  /** The statuses that may follow, with `incident.illegal-transition`. */
  @ApiProperty({ enum: INCIDENT_STATUSES, enumName: 'IncidentStatus', isArray: true, required: false })
  allowed?: IncidentStatus[];

  /** How long the description would be, with `incident.description-too-long`. */
  @ApiProperty({ type: 'integer', required: false })
  length?: number;

  /** How long the description may be, with `incident.description-too-long`. */
  @ApiProperty({ type: 'integer', required: false })
  limit?: number;

  /** The version that the incident has, with `incident.version-mismatch`. */
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

  /** The roles that may do it, with `request.forbidden`. */
  @ApiProperty({ enum: ROLES, enumName: 'Role', isArray: true, required: false })
  needed?: Role[];

  /** What each probe has found, with `service.not-ready`. */
  @ApiProperty({ type: Object, required: false })
  checks?: object;
}

const EXAMPLES: Partial<Record<ProblemCode, { detail: string; [fact: string]: unknown }>> = {
  'incident.not-found': { detail: 'There is no incident 1.' },
  'incident.illegal-transition': {
    detail: 'An incident that is NEW cannot become CLOSED; it can become IN_PROGRESS.',
    current: 'NEW',
    requested: 'CLOSED',
    allowed: ['IN_PROGRESS'],
  },
  'incident.description-too-long': {
    detail: 'The description would be 100001 characters long; the limit is 100000.',
    length: 100_001,
    limit: 100_000,
  },
  'incident.version-mismatch': {
    detail: 'The incident is at version 3, which is none that the request is for.',
    version: 3,
  },
  'idempotency.key-reused': {
    detail: 'The idempotency key belongs to an earlier request with another body or precondition.',
  },
  'idempotency.key-in-use': {
    detail: 'A request with this idempotency key is still under way; try again later.',
  },
  'request.invalid': {
    detail: 'id must be a positive decimal integer.',
    errors: [{ in: 'path', pointer: '/id', detail: 'id must be a positive decimal integer' }],
  },
  'request.malformed-body': { detail: 'The body is not valid UTF-8.' },
  'request.unauthorized': {
    detail: 'A valid access key is needed in X-Access-Key, X-API-Key or Authorization: Bearer.',
  },
  'request.forbidden': {
    detail: 'The role reader may not do this; reporter, operator or admin may.',
    role: 'reader',
    needed: ['reporter', 'operator', 'admin'],
  },
  'request.rate-limited': { detail: 'The key bot has 600 requests a minute.' },
  'intake.rate-limited': { detail: 'The key bot has 600 requests a minute.' },
  'access-key.not-found': { detail: 'There is no access key 1.' },
  'access-key.name-taken': {
    detail: 'There is a key with the name bot already; rotate it, or revoke it first.',
  },
  'access-key.inactive': { detail: 'The access key 1 has expired or is revoked: create another.' },
  'access-key.in-rotation': {
    detail: 'There are two live keys with the name bot: revoke the old one first.',
  },
  'access-key.invalid-expiry': { detail: 'A key can expire in the future alone.' },
  'quarantine.not-found': { detail: 'There is nothing in the quarantine with the number 1.' },
  'quarantine.already-resolved': { detail: 'What has the number 1 in the quarantine is dismissed already.' },
  'quarantine.retry-failed': { detail: 'It still cannot be taken in: description must not be blank.' },
  'feed.position-gone': {
    detail: 'Events after the position 3.1 have been trimmed.',
    epoch: 3,
    oldest: '3.1500',
    latest: '3.1871',
  },
  'consumer.not-found': { detail: 'There is no consumer mailer.' },
  'consumer.owned-by-another': {
    detail: 'The consumer mailer belongs to another key: its own key or an admin can change it.',
  },
  'consumer.limit-reached': { detail: 'There are 100 consumers already: delete one that is not in use.' },
  'request.precondition-failed': {
    detail: 'The list of incidents is there and has no entity tag: a report makes a new incident.',
  },
  'request.timeout': { detail: 'The body did not arrive within 30 s.' },
  'request.body-too-large': { detail: 'request entity too large.' },
  'request.unsupported-media-type': { detail: 'The body must be application/json, not text/plain.' },
  'store.unavailable': { detail: 'The register cannot answer right now; try again later.' },
  'store.outcome-unknown': {
    detail:
      'The register was lost before it answered: the request may have been done. ' +
      'With an Idempotency-Key it can be sent again safely; otherwise look before you do.',
  },
  'service.not-ready': {
    detail: 'The service is not ready.',
    checks: { database: { status: 'down', message: 'The register cannot answer right now.' } },
  },
};

/** Documents the problems that a route may answer with, an example of each. */
export function Problems(...codes: ProblemCode[]): MethodDecorator & ClassDecorator {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return applyDecorators(
    ApiExtraModels(ProblemResponse),
    ...[...byStatus].map(([status, codes]) =>
      ApiResponse({
        status,
        description: codes.map((code) => PROBLEMS[code].title).join(', or '),
        ...((status === 503 || status === 429) && {
          headers: { 'Retry-After': { description: 'In seconds.', schema: { type: 'integer' } } },
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
  return {
    type: `urn:incidents:problem:${code}`,
    ...PROBLEMS[code],
    instance: '/api/v1/incidents/1',
    code,
    request_id: '5f0c3c2e-8a41-4e0c-9d2a-0d6f1f0f7a11',
    ...EXAMPLES[code],
  };
}
