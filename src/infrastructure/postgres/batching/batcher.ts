import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { OWN_WORK, type Workload } from '../../../domain/access/workload.js';
import { BatchBudget } from './batch-budget.js';
import type { Split } from './batch-split.js';
import {
  type BusyKeys,
  costOf,
  type Outcome,
  settle,
  type PendingRequest,
  PendingRequests,
} from './pending-requests.js';

export type { Outcome } from './pending-requests.js';

export interface BatcherOptions<Item, Result> {
  /**
   * Resolves with an outcome for each item, in their order; what it rejects with befell the whole batch. It must settle
   * by the deadline (of `performance.now()`).
   */
  readonly send: (items: readonly Item[], deadline: number) => Promise<readonly Outcome<Result>[]>;
  /** How a batch that was rejected with this error is tried again; only where nothing was done for certain. */
  readonly splitOf: (error: unknown) => Split;
  /** Items of one key keep their order; by default there is nothing to order. */
  readonly keyOf?: (item: Item) => unknown;
  /** How many bytes of text an item has; by default none. */
  readonly bytesOf?: (item: Item) => number;
  readonly maxBatch: number;
  /** How many bytes a batch has at most, unless it is of a single item; see `costOf`. By default they are not limited. */
  readonly maxBatchBytes?: number;
  /** How many items are worth a batch beside one that is in flight. */
  readonly minBatch: number;
  readonly maxInFlight: number;
  /** How many single items wait at most, and how many of bulk. */
  readonly maxQueued: number;
  readonly maxQueuedBytes?: number;
  /** How long a single item may take in all, in milliseconds, and a batch of bulk once it has left. */
  readonly timeoutMs: number;
  /** Shared by the batchers whose bulk leaves precedence to the single requests of all of them. */
  readonly activity?: SingleActivity;
}

/** When single requests were last sent to a database, by whichever batcher. */
export class SingleActivity {
  /** In milliseconds of `performance.now()`. */
  lastAt = -Infinity;

  isRecent(): boolean {
    return performance.now() - this.lastAt < RECENT_MS;
  }
}

/** After how long, in milliseconds, a batch in flight holds up nobody: it waits for a lock, or for a slow server. */
const MAX_HOLD_MS = 25;

/** For how long after a single request bulk leaves it the database, in milliseconds. */
const RECENT_MS = 100;

/** How long a batch should take, in milliseconds: what follows waits for it. */
const TARGET_MS = { single: 250, bulk: 100 } as const;

/** How long bulk waits for its turn at most, in milliseconds. */
const MAX_BULK_WAIT_MS = 60_000;

/** How long a batch of bulk is tried in its parts, in milliseconds. */
const MAX_BULK_TRIES_MS = 30_000;

/** The least time that is left for another try, in milliseconds: with less, its outcome would hardly be known. */
const MIN_RETRY_MS = 500;

/** So many callers are told their outcomes in one turn of the event loop, since each goes on with an answer to write. */
const MAX_TOLD_IN_TURN = 64;

/** What is kept for single items and for bulk, each apart. */
interface Class<Item, Result> {
  readonly isBulk: boolean;
  readonly queue: PendingRequests<Item, Result>;
  readonly budget: BatchBudget;
  readonly maxWaitMs: number;
  inFlight: number;
  /** Until when bulk leaves the database to single requests. */
  restUntil: number;
}

/**
 * Lets requests that arrive together share one statement. Calls that come while a batch is in flight are gathered
 * and go together in the next one, or beside it as soon as they are worth it: so the process prepares one batch while the
 * database works on another, and neither waits for the other.
 *
 * - Each caller gets its own result or error.
 * - A batch that has changed nothing for certain is tried again in parts: a bad item never fails its neighbours. A batch
 *   of which nothing is known is never repeated.
 * - Principals take turns by the bytes that they send. Items of one key go in the order in which they came from a principal, and
 *   never in two batches at once.
 * - Bulk never shares a batch with single requests. While there are single requests, one batch of it is in flight, and after each
 *   it rests for as long as that took.
 * - An idle batcher adds no delay: a batch leaves at the end of the turn of the event loop that brought its items, or
 *   within it when `minBatch` requests are pending. A batch in flight holds up others for a moment only.
 * - Batches are bounded in items, in bytes and, by what bytes took before, in time; batches in flight and queues are
 *   bounded too. Past a queue's bound a call is a StoreUnavailable at once, first for the principal that fills it.
 * - Nobody waits longer than `timeoutMs`, and bulk not longer than a minute for its turn: what was not sent by then is a StoreUnavailable.
 */
export class Batcher<Item, Result> {
  private readonly single: Class<Item, Result>;
  private readonly bulk: Class<Item, Result>;
  private readonly activity: SingleActivity;
  private scheduled = false;
  private watch: NodeJS.Timeout | undefined;

  constructor(private readonly options: BatcherOptions<Item, Result>) {
    const { maxQueued, maxQueuedBytes = Infinity, maxBatchBytes = Infinity, timeoutMs } = options;
    this.activity = options.activity ?? new SingleActivity();
    const busyKeys: BusyKeys<Item, Result> = new Map();
    const classOf = (isBulk: boolean): Class<Item, Result> => ({
      isBulk,
      queue: new PendingRequests(busyKeys, { maxItems: maxQueued, maxBytes: maxQueuedBytes }),
      budget: new BatchBudget(maxBatchBytes, isBulk ? TARGET_MS.bulk : TARGET_MS.single),
      maxWaitMs: isBulk ? MAX_BULK_WAIT_MS : timeoutMs,
      inFlight: 0,
      restUntil: 0,
    });
    this.single = classOf(false);
    this.bulk = classOf(true);
  }

  submit(item: Item, { principal, isBulk }: Workload = OWN_WORK): Promise<Result> {
    const { keyOf, bytesOf, maxInFlight, minBatch } = this.options;
    const { queue, inFlight, maxWaitMs } = isBulk ? this.bulk : this.single;
    const cost = costOf(bytesOf?.(item) ?? 0);
    if (!queue.hasRoomFor({ principal, cost })) {
      return Promise.reject(new StoreUnavailable({ cause: new Error('too many requests wait') }));
    }
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + maxWaitMs;
      queue.push({ item, key: keyOf?.(item), principal, cost, deadline, resolve, reject });
      if (queue.ready >= minBatch && inFlight < maxInFlight) this.dispatch();
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
    for (const some of [this.single, this.bulk]) {
      while (this.mayLeave(some)) {
        const batch = some.queue.take(this.options.maxBatch, some.budget.bytes);
        if (batch.length === 0) break;
        void this.deliver(batch, some);
      }
    }
    this.watchQueues();
  }

  private mayLeave({ isBulk, queue, inFlight, restUntil }: Class<Item, Result>): boolean {
    const { maxInFlight, minBatch } = this.options;
    if (queue.ready === 0 || inFlight >= maxInFlight) return false;
    if (isBulk && this.activity.isRecent()) return inFlight === 0 && performance.now() >= restUntil;
    return inFlight === 0 || queue.ready >= minBatch || queue.since + MAX_HOLD_MS <= performance.now();
  }

  private async deliver(
    batch: readonly PendingRequest<Item, Result>[],
    from: Class<Item, Result>,
  ): Promise<void> {
    const began = performance.now();
    if (!from.isBulk) this.activity.lastAt = began;
    from.inFlight++;
    const giveUpAt = from.isBulk
      ? began + MAX_BULK_TRIES_MS
      : Math.min(...batch.map(({ deadline }) => deadline));
    const outcomes = await this.outcomesOf(batch, from, giveUpAt);
    const ended = performance.now();
    from.inFlight--;
    from.restUntil = ended + (ended - began);
    from.budget.record(
      batch.reduce((sum, { cost }) => sum + cost, 0),
      ended - began,
    );
    from.queue.release(batch);
    // The next batch first: the database works on it while these callers go on.
    this.dispatch();
    for (const [i, waiting] of batch.entries()) {
      if (i > 0 && i % MAX_TOLD_IN_TURN === 0) await nextTurn();
      settle(waiting, outcomes[i]!);
    }
  }

  private async outcomesOf(
    batch: readonly PendingRequest<Item, Result>[],
    from: Class<Item, Result>,
    giveUpAt: number,
  ): Promise<readonly Outcome<Result>[]> {
    const deadline = Math.min(giveUpAt, performance.now() + this.options.timeoutMs);
    try {
      const items = batch.map(({ item }) => item);
      return await this.options.send(items, deadline);
    } catch (error) {
      const split = batch.length === 1 ? 'none' : this.options.splitOf(error);
      const isLate = giveUpAt - performance.now() < MIN_RETRY_MS;
      if (split === 'none' || isLate) return batch.map(() => ({ error }));
      return this.inParts(batch, partsOf(batch, split), from, giveUpAt);
    }
  }

  /**
   * The outcomes of a batch by its parts, each of which is told its own as soon as it is there. Parts of single requests go at
   * the same time, so that one that waits for a lock holds up nobody; those of bulk one by one, and each has its time.
   */
  private async inParts(
    batch: readonly PendingRequest<Item, Result>[],
    { parts, areOrdered }: Parts<PendingRequest<Item, Result>>,
    from: Class<Item, Result>,
    giveUpAt: number,
  ): Promise<readonly Outcome<Result>[]> {
    const outcomes = new Map<PendingRequest<Item, Result>, Outcome<Result>>();
    const settlePart = async (part: readonly PendingRequest<Item, Result>[]) => {
      const settled = await this.outcomesOf(part, from, giveUpAt);
      for (const [i, waiting] of part.entries()) {
        outcomes.set(waiting, settled[i]!);
        settle(waiting, settled[i]!);
      }
    };
    if (from.isBulk || areOrdered) for (const part of parts) await settlePart(part);
    else await Promise.all(parts.map(settlePart));
    return batch.map((waiting) => outcomes.get(waiting)!);
  }

  /** Looks after those who wait: ends their wait when it was too long, and sends them when they are held up. */
  private watchQueues(): void {
    if (this.watch || this.single.queue.length + this.bulk.queue.length === 0) return;
    this.watch = setTimeout(() => {
      this.watch = undefined;
      this.single.queue.expire();
      this.bulk.queue.expire();
      this.dispatch();
    }, MAX_HOLD_MS);
    this.watch.unref();
  }
}

interface Parts<Each> {
  readonly parts: readonly (readonly Each[])[];
  /** Whether they have to go one after the other, since they have a key in common. */
  readonly areOrdered: boolean;
}

/** Items of one key stay together, unless there is no other key. */
function partsOf<Each extends { readonly key: unknown }>(
  batch: readonly Each[],
  split: 'halves' | 'items',
): Parts<Each> {
  const groups = [...Map.groupBy(batch, (waiting) => waiting.key ?? waiting).values()];
  if (groups.length === 1) return { parts: halvesOf(batch), areOrdered: true };
  const parts = split === 'items' ? groups : halvesOf(groups).map((half) => half.flat());
  return { parts, areOrdered: false };
}

function halvesOf<Each>(all: readonly Each[]): (readonly Each[])[] {
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)];
}
