import type { IncidentChannel, Provenance } from './incident-channel.js';
import type { IncidentSource } from './incident-source.js';
import { type IncidentStatus, isOpen } from './incident-status.js';

/** A positive integer, ascending in the order of arrival; gaps are possible. */
export type IncidentId = number;

/** All that an incident is at one version. */
export interface IncidentState {
  readonly id: IncidentId;
  readonly description: string;
  readonly status: IncidentStatus;
  readonly source: IncidentSource;
  /** The channel of its first report. */
  readonly channel: IncidentChannel;
  /** The number of events in its history. */
  readonly version: number;
  readonly createdAt: Date;
  /** When an imported incident was first reported, as its file says; undefined for any other one. */
  readonly reportedAt: Date | undefined;
  readonly updatedAt: Date;
  /** A machine's name for the cause: it is unique among the incidents of the channel that are not CLOSED. */
  readonly dedupKey: string | undefined;
  /** How often the cause was reported. */
  readonly occurrences: number;
  /** When it was last reported. */
  readonly lastSeenAt: Date;
  /** The CLOSED incident of the same channel that had the same key before. */
  readonly previousId: IncidentId | undefined;
  readonly urgent: boolean;
  /** Who works on it: a name, as of an actor. */
  readonly assignee: string | undefined;
  /** When somebody first took it. */
  readonly takenAt: Date | undefined;
  /** When it was last RESOLVED; undefined while it is open. */
  readonly resolvedAt: Date | undefined;
  /** When it was CLOSED. */
  readonly closedAt: Date | undefined;
  /** Where it was first reported, as a reference of its channel, such as a chat message. */
  readonly origin: string | undefined;
  /** The incident that this one repeats: not a duplicate itself when this one was marked. */
  readonly duplicateOf: IncidentId | undefined;
}

/** A report of something broken. It makes an incident, or counts as a duplicate of one that is open. */
export interface Report extends Provenance {
  readonly description: string;
  readonly source: IncidentSource;
  /** A machine's name for what is broken, by which a duplicate is recognized. */
  readonly dedupKey?: string;
  readonly urgent?: boolean;
  /** Where it was reported: see `IncidentState`. */
  readonly origin?: string;
  readonly at: Date;
  /** When it was reported elsewhere, if it is imported from there later. */
  readonly reportedAt?: Date;
}

/** Who changes an incident, and when. */
export interface Change extends Provenance {
  readonly at: Date;
  /** As in a report, for a change that a report causes. */
  readonly reportedAt?: Date;
}

/** The state after a report that made an incident. */
export function stateOfReport(id: IncidentId, report: Report, previousId?: IncidentId): IncidentState {
  const { description, source, channel, dedupKey, urgent = false, origin, at, reportedAt } = report;
  return {
    id,
    description,
    status: 'NEW',
    source,
    channel,
    version: 1,
    createdAt: at,
    reportedAt,
    updatedAt: at,
    dedupKey,
    occurrences: 1,
    lastSeenAt: at,
    previousId,
    urgent,
    assignee: undefined,
    takenAt: undefined,
    resolvedAt: undefined,
    closedAt: undefined,
    origin,
    duplicateOf: undefined,
  };
}

/** The times of the end of an incident that becomes `status` at this moment. */
export function endTimes(
  { resolvedAt }: IncidentState,
  status: IncidentStatus,
  at: Date,
): Pick<IncidentState, 'resolvedAt' | 'closedAt'> {
  return {
    resolvedAt: isOpen(status) ? undefined : status === 'RESOLVED' ? at : resolvedAt,
    closedAt: status === 'CLOSED' ? at : undefined,
  };
}
