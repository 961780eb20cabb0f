import { DescriptionTooLong, UnexpectedStatus, VersionMismatch } from './incident-errors.js';
import type { IncidentEvent } from './incident-events.js';
import type { Provenance, IncidentChannel } from './incident-channel.js';
import type { IncidentSource } from './incident-source.js';
import {
  type Transition,
  transitionByDuplicate,
  transitionsTo,
  type TransitionVia,
} from './incident-state-machine.js';
import type { IncidentStatus } from './incident-status.js';
import { assertValidText, MAX_DESCRIPTION_LENGTH, textLength } from './incident-text.js';

/** A positive integer, ascending in the order of arrival; gaps are possible. */
export type IncidentId = number;

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
  readonly updatedAt: Date;
  /** A machine's name for the cause: it is unique among the incidents of the channel that are not CLOSED. */
  readonly dedupKey: string | undefined;
  /** How often the cause was reported. */
  readonly occurrences: number;
  /** When it was last reported. */
  readonly lastSeenAt: Date;
  /** The CLOSED incident of the same channel that had the same key before. */
  readonly previousId: IncidentId | undefined;
}

/** A report of something broken. It makes an incident, or counts as a duplicate of one that is open. */
export interface Report extends Provenance {
  readonly description: string;
  readonly source: IncidentSource;
  /** A machine's name for what is broken, by which a duplicate is recognized. */
  readonly dedupKey?: string;
  readonly at: Date;
}

/** Who changes an incident, and when. */
export interface Change extends Provenance {
  readonly at: Date;
}

/**
 * Something that was reported as broken. Every change appends an event to its history, and the version is the length of the
 * history.
 */
export class Incident {
  private readonly events: IncidentEvent[] = [];

  constructor(private current: IncidentState) {}

  /** The incident of a report that was just stored. */
  static reported(id: IncidentId, report: Report, previousId?: IncidentId): Incident {
    const { description, source, channel, dedupKey, at } = report;
    return new Incident({
      id,
      description,
      status: 'NEW',
      source,
      channel,
      version: 1,
      createdAt: at,
      updatedAt: at,
      dedupKey,
      occurrences: 1,
      lastSeenAt: at,
      previousId,
    });
  }

  /** All of its current state. */
  get state(): IncidentState {
    return this.current;
  }

  get id(): IncidentId {
    return this.current.id;
  }
  get description(): string {
    return this.current.description;
  }
  get status(): IncidentStatus {
    return this.current.status;
  }
  get version(): number {
    return this.current.version;
  }
  /** Whether its first report is its only event. */
  get isUnchanged(): boolean {
    return this.version === 1;
  }
  get createdAt(): Date {
    return this.current.createdAt;
  }

  /** The events since the incident was loaded, in order. */
  get newEvents(): readonly IncidentEvent[] {
    return this.events;
  }

  /** @throws UnexpectedStatus unless the incident has this status. */
  requireStatus(expected: IncidentStatus): void {
    if (this.status !== expected) throw new UnexpectedStatus(this.status, expected);
  }

  /** @throws VersionMismatch unless the incident's version is an expected one. */
  requireVersion(isExpected: (version: number) => boolean): void {
    if (!isExpected(this.version)) throw new VersionMismatch(this.version);
  }

  /**
   * Appends a line to the description.
   * @throws InvalidText
   * @throws DescriptionTooLong if the description would exceed its limit.
   */
  append(text: string, change: Change): void {
    assertValidText(text);
    const description = `${this.description}\n${text}`;
    const length = textLength(description);
    if (length > MAX_DESCRIPTION_LENGTH) throw new DescriptionTooLong(length, MAX_DESCRIPTION_LENGTH);
    this.record({ ...this.next(change), type: 'description_appended', text }, { description });
  }

  /**
   * Moves to a status, with an event for each transition.
   * @throws IllegalTransition
   */
  moveTo(status: IncidentStatus, change: Change, via: TransitionVia = 'direct'): void {
    for (const transition of transitionsTo(status, this.status, via)) {
      const { from, to } = transition;
      this.record({ ...this.next(change), type: 'status_changed', from, to }, {}, transition);
    }
  }

  /**
   * Counts a duplicate report, and keeps its text in the history. A RESOLVED incident returns to IN_PROGRESS.
   * @throws InvalidText
   */
  countDuplicate(text: string, change: Change): void {
    assertValidText(text);
    const next = this.next(change);
    const counted = { occurrences: this.current.occurrences + 1, lastSeenAt: next.at };
    const transition = transitionByDuplicate(this.status);
    if (transition) {
      const { from, to } = transition;
      this.record({ ...next, type: 'reopened', from, to, text }, counted, transition);
    } else this.record({ ...next, type: 'duplicate_reported', text }, counted);
  }

  private next({ actor, accessKey, channel, at }: Change) {
    const { updatedAt } = this.current;
    // The clocks of processes differ, and changes wait for each other: timestamps of a history never decrease.
    return {
      seq: this.version + 1,
      actor,
      accessKey,
      channel,
      at: at > updatedAt ? at : updatedAt,
    };
  }

  private record(
    event: IncidentEvent,
    changed: Partial<Omit<IncidentState, 'status'>>,
    transition?: Transition,
  ): void {
    const status = transition?.to ?? this.status;
    this.current = { ...this.current, ...changed, status, version: event.seq, updatedAt: event.at };
    this.events.push(event);
  }
}
