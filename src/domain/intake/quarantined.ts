import type { IncidentChannel } from '../incident/incident-channel.js';

export type QuarantinedId = number;

/** What can become of a piece in the quarantine: it waits for somebody, was taken in after all, or is of no use. */
export const QUARANTINE_STATES = ['waiting', 'taken_in', 'dismissed'] as const;

export type QuarantineState = (typeof QUARANTINE_STATES)[number];

/** Something that came by a channel and could not be taken in, with all its bytes. */
export interface QuarantinedPiece {
  readonly channel: IncidentChannel;
  /** What tells it from all else that came by the channel. */
  readonly reference: string;
  /** Why it was not taken in, for a person. */
  readonly reason: string;
  readonly payload: Buffer;
  readonly at: Date;
}

/** A piece that is kept, without its bytes. */
export interface Quarantined extends Omit<QuarantinedPiece, 'payload'> {
  readonly id: QuarantinedId;
  readonly state: QuarantineState;
  /** How many bytes there are. */
  readonly size: number;
  /** The first of them. */
  readonly beginning: Buffer;
  /** Who has ended its waiting, and when. */
  readonly settled: { readonly by: string; readonly at: Date } | undefined;
}
