import { RegisterUnavailable } from '../../application/ports/register-unavailable.js';

/** What became of one item of a batch. */
export type Outcome<Result> = { readonly value: Result } | { readonly error: unknown };

export interface CoalescerOptions<Item, Result> {
  /**
   * Sends a batch, and resolves with an outcome for each item, in their order. What it rejects with befell the whole
   * batch. It must settle by the deadline (of `performance.now()`).
   */
  readonly send: (items: readonly Item[], deadline: number) => Promise<readonly Outcome<Result>[]>;
  /** Whether a rejection means for certain that nothing was done. */
  readonly isRefusal: (error: unknown) => boolean;
  /** Items of one key keep their order; by default there is nothing to order. */
  readonly keyOf?: (item: Item) => unknown;
  readonly maxBatch: number;
  readonly maxInFlight: number;
  readonly maxQueued: number;
  /** How long an item may take in all, in milliseconds. */
  readonly patience: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly key: unknown;
  readonly deadline: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Lets requests that arrive together share one statement. Calls that come while a batch is in flight are gathered
 * and go together in the next one.
 *
 * - Each caller gets its own result or error.
 * - Where a batch was refused, its items are tried one by one: a bad one never fails its neighbours. A batch of which
 *   nothing is known is never repeated.
 * - Items of one key go in the order in which they came, and never in two batches at once.
 * - An idle coalescer adds no delay: a batch leaves at the end of the turn of the event loop that brought its items.
 * - Batch, batches in flight and queue are bounded; past the queue's bound a call is a RegisterUnavailable at once.
 * - Nobody waits longer than the patience: what was not sent by then is a RegisterUnavailable.
 */
export class Coalescer<Item, Result> {
  private queue: Waiting<Item, Result>[] = [];
  private readonly busyKeys = new Set<unknown>();
  private inFlight = 0;
  private scheduled = false;
  private expiry: NodeJS.Timeout | undefined;

  constructor(private readonly options: CoalescerOptions<Item, Result>) {}

  submit(item: Item): Promise<Result> {
    if (this.queue.length >= this.options.maxQueued) {
      return Promise.reject(new RegisterUnavailable({ cause: new Error('too many requests wait') }));
    }
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + this.options.patience;
      this.queue.push({ item, key: this.options.keyOf?.(item), deadline, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.queue.length === 0) return;
    this.scheduled = true;
    // After the sockets of this turn have been read, so that all of their requests share the batch.
    setImmediate(() => {
      this.scheduled = false;
      this.dispatch();
    });
  }

  private dispatch(): void {
    while (this.inFlight < this.options.maxInFlight) {
      const batch = this.takeBatch();
      if (batch.length === 0) break;
      void this.deliver(batch);
    }
    this.watchQueue();
  }

  private takeBatch(): Waiting<Item, Result>[] {
    const { maxBatch } = this.options;
    if (this.busyKeys.size === 0) return this.queue.splice(0, maxBatch);
    const batch: Waiting<Item, Result>[] = [];
    this.queue = this.queue.filter((waiting) => {
      const waits = batch.length >= maxBatch || (waiting.key !== undefined && this.busyKeys.has(waiting.key));
      if (!waits) batch.push(waiting);
      return waits;
    });
    return batch;
  }

  private async deliver(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    const keys = new Set(batch.map(({ key }) => key).filter((key) => key !== undefined));
    this.inFlight++;
    for (const key of keys) this.busyKeys.add(key);
    try {
      await this.settle(batch);
    } finally {
      this.inFlight--;
      for (const key of keys) this.busyKeys.delete(key);
      this.schedule();
    }
  }

  private async settle(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const items = batch.map(({ item }) => item);
      const outcomes = await this.options.send(items, batch[0]!.deadline);
      batch.forEach((waiting, i) => {
        const outcome = outcomes[i]!;
        if ('value' in outcome) waiting.resolve(outcome.value);
        else waiting.reject(outcome.error);
      });
    } catch (error) {
      if (batch.length > 1 && this.options.isRefusal(error)) await this.settleOneByOne(batch);
      else for (const waiting of batch) waiting.reject(error);
    }
  }

  /** Items of one key in their order; others at the same time, so that one that waits for a lock holds up nobody. */
  private async settleOneByOne(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    const groups = Map.groupBy(batch, (waiting) => waiting.key ?? waiting);
    await Promise.all(
      [...groups.values()].map(async (group) => {
        for (const waiting of group) await this.settle([waiting]);
      }),
    );
  }

  /** Ends the wait of those whose patience is over; the first in the queue came first. */
  private watchQueue(): void {
    if (this.expiry || this.queue.length === 0) return;
    this.expiry = setTimeout(
      () => {
        this.expiry = undefined;
        const now = performance.now();
        while (this.queue[0] && this.queue[0].deadline <= now) {
          this.queue.shift()!.reject(new RegisterUnavailable({ cause: new Error('waited too long') }));
        }
        this.watchQueue();
      },
      Math.max(this.queue[0]!.deadline - performance.now(), 1),
    );
    this.expiry.unref();
  }
}
