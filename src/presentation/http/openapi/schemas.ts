import { KEY_NAME } from '../../../domain/access/access-key.js';
import { ROLES } from '../../../domain/access/role.js';
import { INCIDENT_EVENT_TYPES, REMINDER_PURPOSES } from '../../../domain/incident/incident-events.js';
import { INCIDENT_SOURCES } from '../../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES } from '../../../domain/incident/incident-status.js';
import { SIMILARITY_REASONS } from '../../../domain/incident/similarity.js';

// Schemas that several classes and routes of the contract have in common.

export const STATUS_SCHEMA = { enum: INCIDENT_STATUSES, enumName: 'IncidentStatus' } as const;
export const SOURCE_SCHEMA = { enum: INCIDENT_SOURCES, enumName: 'IncidentSource' } as const;
export const EVENT_TYPE_SCHEMA = { enum: INCIDENT_EVENT_TYPES, enumName: 'IncidentEventType' } as const;
export const PURPOSE_SCHEMA = { enum: REMINDER_PURPOSES, enumName: 'ReminderPurpose' } as const;
export const SIMILARITY_REASON_SCHEMA = { enum: SIMILARITY_REASONS, enumName: 'SimilarityReason' } as const;
export const ROLE_SCHEMA = { enum: ROLES, enumName: 'Role' } as const;

export const ID_SCHEMA = { type: 'integer', format: 'int64', minimum: 1, example: 1 } as const;

export const TIMESTAMP_SCHEMA = { format: 'date-time', example: '2026-11-20T10:00:00.123Z' } as const;

/** The name of an access key or a consumer: it is used verbatim in paths and metrics. */
export const NAME_SCHEMA = { minLength: 1, maxLength: 64, pattern: KEY_NAME.source } as const;

/** The rule of `KEY_NAME`, as the predicate of a sentence. */
export const NAME_RULE = 'must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or a digit';
