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

interface TextEvent extends EventBase {
  /** `duplicate_reported`: the same cause was reported again. */
  readonly type: 'reported' | 'description_appended' | 'duplicate_reported';
  readonly text: string;
}

interface TransitionEvent extends EventBase {
  readonly type: 'status_changed';
  readonly from: IncidentStatus;
  readonly to: IncidentStatus;
}

/** The same cause was reported again after it was RESOLVED. */
interface ReopenedEvent extends EventBase {
  readonly type: 'reopened';
  readonly from: IncidentStatus;
  readonly to: IncidentStatus;
  readonly text: string;
}

/** An event of an incident. Its history is a list of these, and append-only. */
export type IncidentEvent = TextEvent | TransitionEvent | ReopenedEvent;
