import type { IncidentChannel } from '../incident/incident-channel.js';

export type QuarantinedMessageId = number;

/** What can become of a piece in the quarantine: it waits for somebody, was taken in after all, or is of no use. */
export const QUARANTINE_STATES = ['pending', 'accepted', 'dismissed'] as const;

export type QuarantineState = (typeof QUARANTINE_STATES)[number];

/** What came beside the bytes, in its order: names may be there several times. */
export type RawHeaders = readonly (readonly [name: string, value: Buffer])[];

/** What came, as it came. */
export interface RawMessage {
  readonly payload: Buffer;
  /** None, where the channel has none that matter. */
  readonly headers: RawHeaders;
}

/** Something that came by a channel and could not be taken in, with all its bytes. */
export interface QuarantineDraft extends RawMessage {
  readonly channel: IncidentChannel;
  /** What tells it from all else that came by the channel. */
  readonly reference: string;
  /** Why it was not taken in, for a person. What is over 1,000 characters of it is left out. */
  readonly reason: string;
  readonly at: Date;
}

/** A piece that is kept, without its content. */
export interface QuarantinedMessage extends Omit<QuarantineDraft, keyof RawMessage> {
  readonly id: QuarantinedMessageId;
  readonly state: QuarantineState;
  /** How many bytes there are. */
  readonly size: number;
  /** The first of them. */
  readonly beginning: Buffer;
  /** Who has ended its waiting, and when. */
  readonly settled: { readonly by: string; readonly at: Date } | undefined;
}
