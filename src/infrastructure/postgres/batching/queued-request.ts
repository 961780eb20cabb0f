import type { Fifo } from './fifo.js';

/** A request that waits in a queue. */
export interface QueuedRequest {
  /** Requests of one key keep their order; undefined where there is nothing to order. */
  readonly key: unknown;
  /** Who submitted it: principals are served round robin. */
  readonly principal: string;
  /** In bytes: see `costOf`. */
  readonly cost: number;
  /** In milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Rejects it, if it was not settled before. */
  readonly reject: (error: unknown) => void;
}

/** The cost of a request besides its text, in bytes: its row, its history and their indexes. */
const REQUEST_BYTES = 512;

/** The bytes that a principal may send per round. */
export const QUANTUM_BYTES = 16 * 1024;

/** The cost of a request with a text of so many bytes. */
export const costOf = (textBytes: number): number => REQUEST_BYTES + textBytes;

/** The requests of a principal with one key, in order of arrival. */
export interface Group<Request extends QueuedRequest> {
  readonly key: unknown;
  readonly principal: PrincipalQueue<Request>;
  readonly requests: Fifo<Request>;
  /** Whether it waits for the release of its key. */
  isBlocked: boolean;
}

export interface PrincipalQueue<Request extends QueuedRequest> {
  readonly name: string;
  readonly groups: Map<unknown, Group<Request>>;
  /** The groups that are not known to be blocked. */
  readonly ready: Fifo<Group<Request>>;
  /** The bytes that it may still send in this round. */
  credit: number;
  length: number;
  cost: number;
  isScheduled: boolean;
}
