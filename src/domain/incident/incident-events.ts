import type { Provenance } from './incident-channel.js';
import type { IncidentStatus } from './incident-status.js';

/** Every kind of event in an incident's history. */
export const INCIDENT_EVENT_TYPES = [
  'reported',
  'status_changed',
  'description_appended',
  'duplicate_reported',
  'reopened',
  'assigned',
  'unassigned',
  'urgency_changed',
] as const;

export type IncidentEventType = (typeof INCIDENT_EVENT_TYPES)[number];

interface EventBase extends Provenance {
  /** 1 for the report, then one more for each change: the incident's version after this event. */
  readonly seq: number;
  readonly at: Date;
}

export interface IncidentReported extends EventBase {
  readonly type: 'reported';
  readonly text: string;
  /** Whether it was reported as urgent; undefined otherwise. */
  readonly urgent?: true;
}

export interface IncidentStatusChanged extends EventBase {
  readonly type: 'status_changed';
  readonly from: IncidentStatus;
  readonly to: IncidentStatus;
  /** Who took the incident by this change; undefined if it was taken already, or is not taken. */
  readonly assignee?: string;
}

export interface IncidentDescriptionAppended extends EventBase {
  readonly type: 'description_appended';
  readonly text: string;
}

/** The same cause was reported again. */
export interface IncidentDuplicateReported extends EventBase {
  readonly type: 'duplicate_reported';
  readonly text: string;
}

/** The same cause was reported again after it was RESOLVED. */
export interface IncidentReopened extends EventBase {
  readonly type: 'reopened';
  readonly from: IncidentStatus;
  readonly to: IncidentStatus;
  readonly text: string;
}

/** The incident was handed over to somebody. */
export interface IncidentAssigned extends EventBase {
  readonly type: 'assigned';
  readonly assignee: string;
}

/** Nobody works on the incident any more. */
export interface IncidentUnassigned extends EventBase {
  readonly type: 'unassigned';
}

export interface IncidentUrgencyChanged extends EventBase {
  readonly type: 'urgency_changed';
  readonly urgent: boolean;
}

/** An event of an incident. Its history is a list of these, and append-only. */
export type IncidentEvent =
  | IncidentReported
  | IncidentStatusChanged
  | IncidentDescriptionAppended
  | IncidentDuplicateReported
  | IncidentReopened
  | IncidentAssigned
  | IncidentUnassigned
  | IncidentUrgencyChanged;
