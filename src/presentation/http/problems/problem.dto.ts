import { ApiProperty } from '@nestjs/swagger';
import type { Role } from '../../../domain/access/role.js';
import type { IncidentStatus } from '../../../domain/incident/incident-status.js';
import { ID_SCHEMA, ROLE_SCHEMA, STATUS_SCHEMA } from '../openapi/schemas.js';
import { PROBLEMS } from './problems.js';

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
  @ApiProperty({ ...STATUS_SCHEMA, required: false })
  current?: IncidentStatus;

  /** The requested status, with `incident.illegal-transition`. */
  @ApiProperty({ ...STATUS_SCHEMA, required: false })
  requested?: IncidentStatus;

  /** The status that the request requires, with `incident.unexpected-status`. */
  @ApiProperty({ ...STATUS_SCHEMA, required: false })
  expected?: IncidentStatus;

  /** The statuses that may follow the current one, with `incident.illegal-transition`. */
  @ApiProperty({ ...STATUS_SCHEMA, isArray: true, required: false })
  allowed?: IncidentStatus[];

  /**
   * The incident in the request's `duplicate_of`, with `incident.duplicate-cycle` and `incident.original-not-found`; the one that the
   * incident is already a duplicate of, with `incident.already-duplicate`.
   */
  @ApiProperty({ ...ID_SCHEMA, required: false, example: 17 })
  duplicate_of?: number;

  /** The length that the description would have, with `incident.description-too-long`. */
  @ApiProperty({ type: 'integer', required: false })
  length?: number;

  /**
   * The maximum length of a description, with `incident.description-too-long`; the limit that is exceeded, with problems of
   * attachments.
   */
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
  @ApiProperty({ ...ROLE_SCHEMA, required: false })
  role?: Role;

  /** The roles that have the permission, with `request.forbidden`. */
  @ApiProperty({ ...ROLE_SCHEMA, isArray: true, required: false })
  needed?: Role[];

  /** The result of each health check, with `service.not-ready`. */
  @ApiProperty({ type: Object, required: false })
  checks?: object;
}
