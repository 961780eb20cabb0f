import type { AttachedFile } from '../attachments/attachment.js';
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
  'marked_as_duplicate',
  'duplicate_linked',
  'reminded',
  'escalated',
  'attached',
] as const;

export type IncidentEventType = (typeof INCIDENT_EVENT_TYPES)[number];

interface EventBase extends Provenance {
  /** 1 for the report, then one more for each change: the incident's version after this event. */
  readonly seq: number;
  readonly at: Date;
  /** In an imported report: when it was reported, as its file says. */
  readonly reportedAt?: Date;
}

interface TextEvent extends EventBase {
  /** `duplicate_reported`: the same cause was reported again. */
  readonly type: 'reported' | 'description_appended' | 'duplicate_reported';
  readonly text: string;
  /** In `reported`, if it was reported as urgent. */
  readonly urgent?: true;
}

interface TransitionEvent extends EventBase {
  readonly type: 'status_changed';
  readonly from: IncidentStatus;
  readonly to: IncidentStatus;
  /** Who took the incident by this change; undefined if it was taken already, or is not taken. */
  readonly assignee?: string;
}

/** The same cause was reported again after it was RESOLVED. */
interface ReopenedEvent extends EventBase {
  readonly type: 'reopened';
  readonly from: IncidentStatus;
  readonly to: IncidentStatus;
  readonly text: string;
}

/** The incident was handed over to somebody. */
interface AssignedEvent extends EventBase {
  readonly type: 'assigned';
  readonly assignee: string;
}

/** Nobody works on the incident any more. */
interface UnassignedEvent extends EventBase {
  readonly type: 'unassigned';
}

interface UrgencyEvent extends EventBase {
  readonly type: 'urgency_changed';
  readonly urgent: boolean;
}

/** The incident was marked as a duplicate of another one. */
interface MarkedAsDuplicateEvent extends EventBase {
  readonly type: 'marked_as_duplicate';
  /** The id of the original. */
  readonly duplicateOf: number;
}

/** Another incident was marked as a duplicate of this one, and counts here. */
interface DuplicateLinkedEvent extends EventBase {
  readonly type: 'duplicate_linked';
  /** The id of the duplicate. */
  readonly duplicateId: number;
}

/** What a reminder asks for: that somebody takes the incident, or that its assignee says how it goes. */
export const REMINDER_PURPOSES = ['take', 'progress'] as const;

export type ReminderPurpose = (typeof REMINDER_PURPOSES)[number];

interface RemindedEvent extends EventBase {
  readonly type: 'reminded';
  readonly purpose: ReminderPurpose;
  /** 1 for the first reminder since the incident began to wait for this, then one more for each, escalations included. */
  readonly number: number;
}

/** Nobody took the incident in spite of reminders. */
interface EscalatedEvent extends EventBase {
  readonly type: 'escalated';
  readonly purpose: 'take';
  /** As in `reminded`. */
  readonly number: number;
}

/** An event that the service itself adds to a history as time passes. */
export type ReminderEvent = RemindedEvent | EscalatedEvent;

/** A file was attached. */
interface AttachedEvent extends EventBase {
  readonly type: 'attached';
  readonly attachment: AttachedFile;
}

/** An event of an incident. Its history is a list of these, and append-only. */
export type IncidentEvent =
  | TextEvent
  | TransitionEvent
  | ReopenedEvent
  | AssignedEvent
  | UnassignedEvent
  | UrgencyEvent
  | MarkedAsDuplicateEvent
  | DuplicateLinkedEvent
  | ReminderEvent
  | AttachedEvent;
