import type { Provenance } from './incident-channel.js';
import type { IncidentStatus } from './incident-status.js';

/** Every kind of event in an incident's history. */
export const INCIDENT_EVENT_TYPES = [
  'reported',
  'status_changed',
  'description_appended',
  'duplicate_reported',
  'reopened',
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
}

export interface IncidentStatusChanged extends EventBase {
  readonly type: 'status_changed';
  readonly from: IncidentStatus;
  readonly to: IncidentStatus;
}

export interface IncidentDescriptionAppended extends EventBase {
  readonly type: 'description_appended';
  readonly text: string;
}

/** The same problem was reported again. */
export interface IncidentDuplicateReported extends EventBase {
  readonly type: 'duplicate_reported';
  readonly text: string;
}

/** The same problem was reported again, when it had been taken for solved. */
export interface IncidentReopened extends EventBase {
  readonly type: 'reopened';
  readonly from: IncidentStatus;
  readonly to: IncidentStatus;
  readonly text: string;
}

/** What happened to an incident: its history is a list of these, and nothing in it is ever changed. */
export type IncidentEvent =
  | IncidentReported
  | IncidentStatusChanged
  | IncidentDescriptionAppended
  | IncidentDuplicateReported
  | IncidentReopened;
