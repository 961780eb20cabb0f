import { TooManyAttachments } from '../attachments/attachment-errors.js';
import { type AttachedFile, MAX_ATTACHMENTS_PER_INCIDENT } from '../attachments/attachment.js';
import { type Attention, attentionOf } from './attention.js';
import {
  AlreadyDuplicate,
  DescriptionTooLong,
  DuplicateCycle,
  IncidentClosed,
  UnexpectedStatus,
  VersionMismatch,
} from './incident-errors.js';
import type { IncidentEvent } from './incident-events.js';
import {
  type Change,
  endTimes,
  type IncidentId,
  type IncidentState,
  type Report,
  stateOfReport,
} from './incident-state.js';
import {
  type Transition,
  transitionByDuplicate,
  transitionsTo,
  type TransitionVia,
} from './incident-state-machine.js';
import type { IncidentStatus } from './incident-status.js';
import { assertValidText, MAX_DESCRIPTION_LENGTH, textLength } from './incident-text.js';

/**
 * Something that was reported as broken. Every change appends an event to its history, and the version is the length of the
 * history.
 */
export class Incident {
  private readonly events: IncidentEvent[] = [];

  constructor(private current: IncidentState) {}

  /** The incident of a report that was just stored. */
  static reported(id: IncidentId, report: Report, previousId?: IncidentId): Incident {
    return new Incident(stateOfReport(id, report, previousId));
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
  get attention(): Attention {
    return attentionOf(this.current);
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
   * @param taker who takes the incident when it becomes IN_PROGRESS without an assignee; null if nobody does.
   * @throws IllegalTransition
   */
  moveTo(
    status: IncidentStatus,
    change: Change,
    via: TransitionVia = 'direct',
    taker: string | null = change.actor,
  ): void {
    for (const transition of transitionsTo(status, this.status, via)) {
      const { from, to } = transition;
      const next = this.next(change);
      const isTaken = to === 'IN_PROGRESS' && this.current.assignee === undefined && taker !== null;
      const taken = isTaken ? { assignee: taker } : {};
      this.record(
        { ...next, type: 'status_changed', from, to, ...taken },
        {
          ...endTimes(this.current, to, next.at),
          ...taken,
          takenAt: this.current.takenAt ?? (isTaken ? next.at : undefined),
        },
        transition,
      );
    }
  }

  /**
   * Hands the incident over, and takes it for the assignee if it is NEW. No event if the assignee has it already.
   * @throws IncidentClosed
   */
  assignTo(assignee: string, change: Change): void {
    this.requireNotClosed();
    if (this.status === 'NEW') this.moveTo('IN_PROGRESS', change, 'direct', assignee);
    if (this.current.assignee === assignee) return;
    const next = this.next(change);
    this.record(
      { ...next, type: 'assigned', assignee },
      { assignee, takenAt: this.current.takenAt ?? next.at },
    );
  }

  /**
   * Takes the incident from its assignee. No event if it has none.
   * @throws IncidentClosed
   */
  release(change: Change): void {
    this.requireNotClosed();
    if (this.current.assignee === undefined) return;
    this.record({ ...this.next(change), type: 'unassigned' }, { assignee: undefined });
  }

  /**
   * Marks the incident as urgent or not. No event if it is marked so already.
   * @throws IncidentClosed
   */
  setUrgent(urgent: boolean, change: Change): void {
    this.requireNotClosed();
    if (this.current.urgent === urgent) return;
    this.record({ ...this.next(change), type: 'urgency_changed', urgent }, { urgent });
  }

  /**
   * Attaches files, with an event for each. As a text can be appended, this is possible at any status.
   * @param count the number of attachments that the incident has already.
   * @returns the files with their numbers.
   * @throws TooManyAttachments
   */
  attach(
    files: readonly Omit<AttachedFile, 'number'>[],
    count: number,
    change: Change,
  ): readonly AttachedFile[] {
    if (count + files.length > MAX_ATTACHMENTS_PER_INCIDENT) throw new TooManyAttachments();
    return files.map(({ name, contentType, size }, i) => {
      const attachment = { number: count + i + 1, name, contentType, size };
      this.record({ ...this.next(change), type: 'attached', attachment }, {});
      return attachment;
    });
  }

  /**
   * Counts a duplicate report, and keeps its text in the history. A RESOLVED incident returns to IN_PROGRESS.
   * @throws InvalidText
   */
  countDuplicate(text: string, change: Change): void {
    assertValidText(text);
    const next = { ...this.next(change), reportedAt: change.reportedAt };
    const counted = { occurrences: this.current.occurrences + 1, lastSeenAt: next.at };
    const transition = transitionByDuplicate(this.status);
    if (transition) {
      const { from, to } = transition;
      this.record(
        { ...next, type: 'reopened', from, to, text },
        { ...counted, ...endTimes(this.current, to, next.at) },
        transition,
      );
    } else this.record({ ...next, type: 'duplicate_reported', text }, counted);
  }

  /**
   * Marks the incident as a duplicate of another one: closes it, with an event for each transition, and adds its reports to those of
   * the original, which gets an event as well. Nobody takes it by that. No event if it is marked so already.
   * @param original is changed too; it must not be a duplicate itself.
   * @throws AlreadyDuplicate if it is a duplicate of another incident.
   * @throws DuplicateCycle if the original is this incident.
   */
  markAsDuplicateOf(original: Incident, change: Change): void {
    const { duplicateOf, occurrences, lastSeenAt } = this.current;
    if (duplicateOf === original.id) return;
    if (duplicateOf !== undefined) throw new AlreadyDuplicate(duplicateOf);
    if (original.id === this.id) throw new DuplicateCycle(this.id, original.id);
    const marked = { ...this.next(change), type: 'marked_as_duplicate', duplicateOf: original.id } as const;
    this.record(marked, { duplicateOf: original.id });
    if (this.status !== 'CLOSED') this.moveTo('CLOSED', change, 'shortest', null);
    original.countLinked(this.id, { occurrences, lastSeenAt }, change);
  }

  private countLinked(
    duplicateId: IncidentId,
    { occurrences, lastSeenAt }: Pick<IncidentState, 'occurrences' | 'lastSeenAt'>,
    change: Change,
  ): void {
    const linked = { ...this.next(change), type: 'duplicate_linked', duplicateId } as const;
    this.record(linked, {
      occurrences: this.current.occurrences + occurrences,
      lastSeenAt: lastSeenAt > this.current.lastSeenAt ? lastSeenAt : this.current.lastSeenAt,
    });
  }

  private requireNotClosed(): void {
    if (this.status === 'CLOSED') throw new IncidentClosed();
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
