import type { Outcome } from './outcome.js';
import type { Split } from './batch-split.js';
import type { QueuedRequest } from './queued-request.js';

/** A request whose caller waits for its outcome. */
export interface BatchRequest<Item, Result> extends QueuedRequest {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
}

/** Passes the outcome to the caller; only the first call has an effect. */
export function settle<Result>(
  { resolve, reject }: BatchRequest<unknown, Result>,
  outcome: Outcome<Result>,
): void {
  if ('value' in outcome) resolve(outcome.value);
  else reject(outcome.error);
}

export interface SendOptions<Item, Result> {
  /**
   * Resolves with an outcome for each item, in their order; a rejection is the error of the whole batch. It must settle
   * by the deadline (of `performance.now()`).
   */
  readonly send: (items: readonly Item[], deadline: number) => Promise<readonly Outcome<Result>[]>;
  /** How a batch that failed with this error is retried; anything but `none` only if it has certainly changed nothing. */
  readonly splitOf: (error: unknown) => Split;
  /** The time limit of an attempt, in milliseconds. */
  readonly timeoutMs: number;
}

/** The minimum time left for a retry, in milliseconds: with less, its outcome would hardly be known. */
const MIN_RETRY_MS = 500;

/** Sends batches, and retries those that have certainly changed nothing in parts: an invalid item never fails its neighbours. */
export class BatchSender<Item, Result> {
  constructor(private readonly options: SendOptions<Item, Result>) {}

  /**
   * Resolves with the outcomes of a batch, or with none if it was sent in parts, whose callers are settled.
   * @param isSerial whether parts are sent one by one, each with its own time limit. Otherwise they are sent concurrently, so that
   *   one that waits for a lock blocks no other.
   * @param retryDeadline of `performance.now()`, by which it settles.
   */
  async send(
    batch: readonly BatchRequest<Item, Result>[],
    isSerial: boolean,
    retryDeadline: number,
  ): Promise<readonly Outcome<Result>[]> {
    const deadline = Math.min(retryDeadline, performance.now() + this.options.timeoutMs);
    try {
      const items = batch.map(({ item }) => item);
      return await this.options.send(items, deadline);
    } catch (error) {
      const split = batch.length === 1 ? 'none' : this.options.splitOf(error);
      const isLate = retryDeadline - performance.now() < MIN_RETRY_MS;
      if (split === 'none' || isLate) return batch.map(() => ({ error }));
      const { parts, areOrdered } = partsOf(batch, split);
      const sendPart = async (part: readonly BatchRequest<Item, Result>[]) => {
        const outcomes = await this.send(part, isSerial, retryDeadline);
        for (const [i, outcome] of outcomes.entries()) settle(part[i]!, outcome);
      };
      if (isSerial || areOrdered) for (const part of parts) await sendPart(part);
      else await Promise.all(parts.map(sendPart));
      return [];
    }
  }
}

interface Parts<Request> {
  readonly parts: readonly (readonly Request[])[];
  /** Whether they must be sent one after the other, since they have a key in common. */
  readonly areOrdered: boolean;
}

/** Keeps requests of one key together, unless all of them have that key. */
function partsOf<Request extends QueuedRequest>(
  batch: readonly Request[],
  split: 'halves' | 'items',
): Parts<Request> {
  const groups = [...Map.groupBy(batch, (request) => request.key ?? request).values()];
  if (groups.length === 1) return { parts: halvesOf(batch), areOrdered: true };
  const parts = split === 'items' ? groups : halvesOf(groups).map((half) => half.flat());
  return { parts, areOrdered: false };
}

function halvesOf<Each>(all: readonly Each[]): (readonly Each[])[] {
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)];
}
