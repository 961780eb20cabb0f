import { DescriptionTooLong, VersionMismatch } from './incident-errors.js';
import type { IncidentEvent } from './incident-events.js';
import type { Provenance, IncidentChannel } from './incident-channel.js';
import type { IncidentSource } from './incident-source.js';
import type { IncidentStatus } from './incident-status.js';
import { assertValidText, MAX_DESCRIPTION_LENGTH, textLength } from './incident-text.js';

/** A positive integer, given by the register in the order of arrival (gaps are possible). */
export type IncidentId = number;

export interface IncidentState {
  readonly id: IncidentId;
  readonly description: string;
  readonly status: IncidentStatus;
  readonly source: IncidentSource;
  /** By which way it was first reported. */
  readonly channel: IncidentChannel;
  /** How many events its history has; every change raises it. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** A machine's name for the problem: of those of its channel that are not CLOSED, one incident has it. */
  readonly dedupKey: string | undefined;
  /** How often the problem was reported. */
  readonly occurrences: number;
  /** When it was last reported. */
  readonly lastSeenAt: Date;
  /** The incident of the same channel that had the same key before, and is closed. */
  readonly previousId: IncidentId | undefined;
}

/** What somebody reports. It makes an incident, or counts as a duplicate of one that is open. */
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
 * Something reported as broken. Whatever changes it leaves an event behind, and each event raises the
 * version by one: the version is the length of the history.
 */
export class Incident {
  private readonly events: IncidentEvent[] = [];

  constructor(private current: IncidentState) {}

  /** A report as the register has just taken it in. */
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

  /** All of it, as it is now. */
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
  get source(): IncidentSource {
    return this.current.source;
  }
  get channel(): IncidentChannel {
    return this.current.channel;
  }
  get version(): number {
    return this.current.version;
  }
  /** Whether nothing has happened since the report that made it. */
  get isUnchanged(): boolean {
    return this.version === 1;
  }
  get createdAt(): Date {
    return this.current.createdAt;
  }
  get updatedAt(): Date {
    return this.current.updatedAt;
  }

  get dedupKey(): string | undefined {
    return this.current.dedupKey;
  }
  get occurrences(): number {
    return this.current.occurrences;
  }
  get lastSeenAt(): Date {
    return this.current.lastSeenAt;
  }
  get previousId(): IncidentId | undefined {
    return this.current.previousId;
  }

  /** The events since the incident was loaded, in order. */
  get newEvents(): readonly IncidentEvent[] {
    return this.events;
  }

  /** @throws VersionMismatch unless the incident's version is an expected one. */
  requireVersion(isExpected: (version: number) => boolean): void {
    if (!isExpected(this.version)) throw new VersionMismatch(this.version);
  }

  /**
   * Adds a line to the description.
   * @throws InvalidText where the text is not fit for the register.
   * @throws DescriptionTooLong where the description would pass its limit.
   */
  append(text: string, change: Change): void {
    assertValidText(text);
    const description = `${this.description}\n${text}`;
    const length = textLength(description);
    if (length > MAX_DESCRIPTION_LENGTH) throw new DescriptionTooLong(length, MAX_DESCRIPTION_LENGTH);
    this.record({ ...this.next(change), type: 'description_appended', text }, { description });
  }

  /** Sets the status and records it. Which moves are legal is for `IncidentStateMachine.move`: call that. */
  changeStatus(to: IncidentStatus, change: Change): void {
    this.record({ ...this.next(change), type: 'status_changed', from: this.status, to }, { status: to });
  }

  /**
   * Counts a further report of the same problem, and keeps its text in the history.
   * @throws InvalidText where the text is not fit for the register.
   */
  repeat(text: string, change: Change): void {
    assertValidText(text);
    const next = this.next(change);
    this.record({ ...next, type: 'duplicate_reported', text }, this.seenAgain(next.at));
  }

  /** The same where it was taken for solved. Which moves are legal is for `IncidentStateMachine.repeat`: call that. */
  recur(to: IncidentStatus, text: string, change: Change): void {
    assertValidText(text);
    const next = this.next(change);
    const event = { ...next, type: 'reopened', from: this.status, to, text } as const;
    this.record(event, { ...this.seenAgain(next.at), status: to });
  }

  private seenAgain(lastSeenAt: Date): Partial<IncidentState> {
    return { occurrences: this.occurrences + 1, lastSeenAt };
  }

  private next({ actor, accessKey, channel, at }: Change) {
    // Clocks of different processes differ, and changes wait for each other: a history never runs backwards.
    return {
      seq: this.version + 1,
      actor,
      accessKey,
      channel,
      at: at > this.updatedAt ? at : this.updatedAt,
    };
  }

  private record(event: IncidentEvent, changed: Partial<IncidentState>): void {
    this.current = { ...this.current, ...changed, version: event.seq, updatedAt: event.at };
    this.events.push(event);
  }
}
