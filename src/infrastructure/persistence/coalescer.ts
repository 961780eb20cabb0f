import { RegisterUnavailable } from '../../application/ports/register-unavailable.js';
import { type Outcome, tell, type Waiting, WaitingQueue } from './waiting-queue.js';

export type { Outcome } from './waiting-queue.js';

export interface CoalescerOptions<Item, Result> {
  /**
   * Resolves with an outcome for each item, in their order; what it rejects with befell the whole batch. It must settle
   * by the deadline (of `performance.now()`).
   */
  readonly send: (items: readonly Item[], deadline: number) => Promise<readonly Outcome<Result>[]>;
  /** Whether a rejection means for certain that nothing was done. */
  readonly isRefusal: (error: unknown) => boolean;
  /** Items of one key keep their order; by default there is nothing to order. */
  readonly keyOf?: (item: Item) => unknown;
  readonly maxBatch: number;
  /** How many items are worth a batch beside one that is in flight. */
  readonly worthwhile: number;
  readonly maxInFlight: number;
  readonly maxQueued: number;
  /** How long an item may take in all, in milliseconds. */
  readonly patience: number;
}

/** After how long, in milliseconds, a batch in flight holds up nobody: it waits for a lock, or for a slow server. */
const HOLD = 25;

/**
 * Lets requests that arrive together share one statement. Calls that come while a batch is in flight are gathered
 * and go together in the next one, or beside it as soon as they are worth it: so the process prepares one batch while the
 * database works on another, and neither waits for the other.
 *
 * - Each caller gets its own result or error.
 * - Where a batch was refused, its items are tried one by one: a bad one never fails its neighbours. A batch of which
 *   nothing is known is never repeated.
 * - Items of one key go in the order in which they came, and never in two batches at once.
 * - An idle coalescer adds no delay: a batch leaves at the end of the turn of the event loop that brought its items, or
 *   within it when it is worthwhile. A batch in flight holds up others for a moment only.
 * - Batch, batches in flight and queue are bounded; past the queue's bound a call is a RegisterUnavailable at once.
 * - Nobody waits longer than the patience: what was not sent by then is a RegisterUnavailable.
 */
export class Coalescer<Item, Result> {
  private readonly queue = new WaitingQueue<Item, Result>();
  private inFlight = 0;
  private scheduled = false;
  private watch: NodeJS.Timeout | undefined;

  constructor(private readonly options: CoalescerOptions<Item, Result>) {}

  submit(item: Item): Promise<Result> {
    const { keyOf, maxQueued, patience, worthwhile } = this.options;
    if (this.queue.length >= maxQueued) {
      return Promise.reject(new RegisterUnavailable({ cause: new Error('too many requests wait') }));
    }
    return new Promise((resolve, reject) => {
      const since = performance.now();
      this.queue.push({ item, key: keyOf?.(item), since, deadline: since + patience, resolve, reject });
      // Not at each item past it: while all of them wait for their keys, that would look through the queue each time.
      if (this.queue.length % worthwhile === 0) this.dispatch();
      else this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    // After the sockets of this turn have been read, so that all of their requests share the batch.
    setImmediate(() => {
      this.scheduled = false;
      this.dispatch();
    });
  }

  private dispatch(): void {
    while (this.inFlight < this.options.maxInFlight && this.isWorthwhile()) {
      const batch = this.queue.take(this.options.maxBatch);
      if (batch.length === 0) break;
      void this.deliver(batch);
    }
    this.watchQueue();
  }

  private isWorthwhile(): boolean {
    if (this.inFlight === 0 || this.queue.length >= this.options.worthwhile) return true;
    return this.queue.since !== undefined && this.queue.since + HOLD <= performance.now();
  }

  private async deliver(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    this.inFlight++;
    const outcomes = await this.outcomesOf(batch);
    this.inFlight--;
    this.queue.release(batch);
    // The next batch first: the database works on it while these callers go on.
    this.dispatch();
    batch.forEach((waiting, i) => tell(waiting, outcomes[i]!));
  }

  private async outcomesOf(batch: readonly Waiting<Item, Result>[]): Promise<readonly Outcome<Result>[]> {
    try {
      const items = batch.map(({ item }) => item);
      return await this.options.send(items, batch[0]!.deadline);
    } catch (error) {
      if (batch.length === 1 || !this.options.isRefusal(error)) return batch.map(() => ({ error }));
      return this.oneByOne(batch);
    }
  }

  /** Items of one key in their order; others at the same time, so that one that waits for a lock holds up nobody. */
  private async oneByOne(batch: readonly Waiting<Item, Result>[]): Promise<readonly Outcome<Result>[]> {
    const outcomes = new Map<unknown, Outcome<Result>>();
    const groups = Map.groupBy(batch, (waiting) => waiting.key ?? waiting);
    await Promise.all(
      [...groups.values()].map(async (group) => {
        for (const waiting of group) {
          const [outcome] = await this.outcomesOf([waiting]);
          outcomes.set(waiting, outcome!);
          tell(waiting, outcome!);
        }
      }),
    );
    return batch.map((waiting) => outcomes.get(waiting)!);
  }

  /** Looks after those who wait: ends their wait when it was too long, and sends them when they are held up. */
  private watchQueue(): void {
    if (this.watch || this.queue.length === 0) return;
    this.watch = setTimeout(() => {
      this.watch = undefined;
      this.queue.expire();
      this.dispatch();
    }, HOLD);
    this.watch.unref();
  }
}
