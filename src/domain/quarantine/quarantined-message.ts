import type { IncidentChannel } from '../incident/incident-channel.js';

export type QuarantinedMessageId = number;

/** A quarantined message is pending operator review, was accepted, or was dismissed. */
export const QUARANTINE_STATES = ['pending', 'accepted', 'dismissed'] as const;

export type QuarantineState = (typeof QUARANTINE_STATES)[number];

/** The headers in their order; a name may occur several times. */
export type RawHeaders = readonly (readonly [name: string, value: Buffer])[];

/** A message as it was received, verbatim. */
export interface RawMessage {
  readonly payload: Buffer;
  /** Empty for channels whose headers do not matter. */
  readonly headers: RawHeaders;
}

/** A message to quarantine. */
export interface QuarantineDraft extends RawMessage {
  readonly channel: IncidentChannel;
  /** Identifies it within its channel. */
  readonly reference: string;
  /** Why it was not accepted, for a person; truncated to 1,000 characters. */
  readonly reason: string;
  readonly at: Date;
}

/** A quarantined message, without its content. */
export interface QuarantinedMessage extends Omit<QuarantineDraft, keyof RawMessage> {
  readonly id: QuarantinedMessageId;
  readonly state: QuarantineState;
  /** The size of its payload in bytes. */
  readonly size: number;
  /** The first bytes of its payload. */
  readonly preview: Buffer;
  /** Who resolved it, and when; undefined while it is pending. */
  readonly resolution: { readonly by: string; readonly at: Date } | undefined;
}
