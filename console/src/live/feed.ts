import type { components } from '../../../src/shared/api-schema.js';
import { ApiProblem } from '../api/problems.js';

type Schemas = components['schemas'];

/** An event of the feed. A key that may report but not read gets receipts, which lack most members. */
export type FeedEvent = Schemas['FeedReceiptResponse'] & Partial<Schemas['FeedEventResponse']>;

/** A page of the feed. */
export interface FeedPage {
  readonly events: readonly FeedEvent[];
  readonly next: string;
  readonly has_more: boolean;
}

/** The part of an EventSource that is used. */
export interface EventStream {
  addEventListener(type: string, listener: (event: StreamMessage) => void): void;
  close(): void;
}

export interface StreamMessage {
  readonly data?: string;
  readonly lastEventId?: string;
}

/** The event feed of the API: see docs/events.md. */
export interface Feed {
  /** Opens the stream of the events after a position. */
  open(after: string): EventStream;
  /**
   * Reads a page of the events after a position, or `latest`.
   * @param waitSeconds how long the API waits for an event.
   * @throws ApiProblem, NetworkError
   */
  read(after: string, waitSeconds: number, signal: AbortSignal): Promise<FeedPage>;
}

/** Whether the first position is after the second; undefined if they are from different epochs, which have no common order. */
export function isAfter(position: string, other: string): boolean | undefined {
  const [epoch, number] = position.split('.');
  const [otherEpoch, otherNumber] = other.split('.');
  return epoch === otherEpoch ? Number(number) > Number(otherNumber) : undefined;
}

/** The latest position, if the error says that the events after a position are gone. */
export function latestIfGone(error: unknown): string | undefined {
  return error instanceof ApiProblem && error.code === 'feed.position-gone' ? error.body.latest : undefined;
}
