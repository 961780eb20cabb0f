import type { IncidentSource } from './incident-source.js';
import type { IncidentStatus } from './incident-status.js';

/** Every kind of event in an incident's history. */
export const INCIDENT_EVENT_TYPES = ['reported', 'status_changed', 'description_appended'] as const;

export type IncidentEventType = (typeof INCIDENT_EVENT_TYPES)[number];

interface Happened {
  /** 1 for the report, then one more for each change: the incident's version after this event. */
  readonly seq: number;
  readonly at: Date;
  /** The name of the access key that asked for it. */
  readonly actor: string;
}

export interface IncidentReported extends Happened {
  readonly type: 'reported';
  readonly text: string;
}

export interface IncidentStatusChanged extends Happened {
  readonly type: 'status_changed';
  readonly from: IncidentStatus;
  readonly to: IncidentStatus;
}

export interface IncidentDescriptionAppended extends Happened {
  readonly type: 'description_appended';
  readonly text: string;
}

/** What happened to an incident: its history is a list of these, and nothing in it is ever changed. */
export type IncidentEvent = IncidentReported | IncidentStatusChanged | IncidentDescriptionAppended;

/** What someone tells the register; the register answers with a numbered incident. */
export interface Report {
  readonly description: string;
  readonly source: IncidentSource;
  readonly actor: string;
  readonly at: Date;
}
