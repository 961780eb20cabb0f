import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { OWN_WORK, type Workload } from '../../../domain/access/workload.js';
import { BatchBudget } from './batch-budget.js';
import { type BatchRequest, BatchSender, type SendOptions, settle } from './batch-sender.js';
import { type BusyKeys, PendingRequests } from './pending-requests.js';
import { costOf } from './queued-request.js';

export interface BatcherOptions<Item, Result> extends SendOptions<Item, Result> {
  /** Items of one key keep their order; by default items have no keys. */
  readonly keyOf?: (item: Item) => unknown;
  /** The bytes of an item's text; by default 0. */
  readonly bytesOf?: (item: Item) => number;
  readonly maxBatch: number;
  /** The maximum bytes of a batch of several items; see `costOf`. Unlimited by default. */
  readonly maxBatchBytes?: number;
  /** The minimum number of items for a further batch while one is in flight. */
  readonly minBatch: number;
  readonly maxInFlight: number;
  /** The maximum queue length: of single requests, and of bulk requests. */
  readonly maxQueued: number;
  readonly maxQueuedBytes?: number;
  /** The time limit in milliseconds: of a single request in total, and of a bulk batch once it is sent. */
  readonly timeoutMs: number;
  /** Shared by batchers whose bulk requests yield to the single requests of all of them. */
  readonly activity?: SingleActivity;
}

/** When any batcher last sent single requests to a database. */
export class SingleActivity {
  /** In milliseconds of `performance.now()`. */
  lastAt = -Infinity;

  isRecent(): boolean {
    return performance.now() - this.lastAt < RECENT_MS;
  }
}

/** The maximum time for which a batch in flight holds up the next one, in milliseconds: it may wait for a lock, or for a slow server. */
const MAX_HOLD_MS = 25;

/** The time after a single request during which bulk requests yield, in milliseconds. */
const RECENT_MS = 100;

/** The target duration of a batch, in milliseconds: the requests after it wait for it. */
const TARGET_MS = { single: 250, bulk: 100 } as const;

/** The maximum time of a bulk request in the queue, in milliseconds. */
const MAX_BULK_WAIT_MS = 60_000;

/** The time limit for a bulk batch and the retries of its parts, in milliseconds. */
const MAX_BULK_RETRY_MS = 30_000;

/** The maximum number of callers that are settled in one turn of the event loop: each continues by writing a response. */
const MAX_SETTLED_PER_TURN = 64;

/** The state of one kind of workload: single or bulk requests. */
interface WorkloadQueue<Item, Result> {
  readonly isBulk: boolean;
  readonly queue: PendingRequests<BatchRequest<Item, Result>>;
  readonly budget: BatchBudget;
  readonly maxWaitMs: number;
  inFlight: number;
  /** The time until which bulk requests yield to single requests, in milliseconds of `performance.now()`. */
  pausedUntil: number;
}

/**
 * Combines concurrent requests into one statement. Requests that arrive while a batch is in flight form the next batch; it is
 * sent after that one, or earlier once it has `minBatch` items: so the process prepares one batch while the database executes
 * another, and neither waits for the other.
 *
 * - Each caller gets its own result or error.
 * - A batch that has certainly changed nothing is retried in parts: an invalid item never fails its neighbours. A batch with
 *   an unknown outcome is never retried.
 * - Principals are served round robin by the bytes that they send. Items of one key are sent in the order in which a principal
 *   submitted them, and are never in two batches at once.
 * - Bulk requests never share a batch with single requests. While there are single requests, at most one bulk batch is in
 *   flight, and after each of them bulk pauses for as long as that batch took.
 * - An idle batcher adds no delay: it sends a batch at the end of the event-loop turn in which the items arrived, or during it
 *   once `minBatch` requests are pending. A batch in flight holds up the next one for at most `MAX_HOLD_MS`.
 * - Batches are bounded in items, in bytes and, by the duration of earlier batches, in time; batches in flight and queues are
 *   bounded too. Beyond a queue's bound a call rejects with StoreUnavailable at once, first for the principal that fills the queue.
 * - A single request takes at most `timeoutMs`, and a bulk request waits in the queue for at most a minute: a request that was
 *   not sent by then rejects with StoreUnavailable.
 */
export class Batcher<Item, Result> {
  private readonly single: WorkloadQueue<Item, Result>;
  private readonly bulk: WorkloadQueue<Item, Result>;
  private readonly activity: SingleActivity;
  private readonly sender: BatchSender<Item, Result>;
  private scheduled = false;
  private queueTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: BatcherOptions<Item, Result>) {
    const { maxQueued, maxQueuedBytes = Infinity, maxBatchBytes = Infinity, timeoutMs } = options;
    this.activity = options.activity ?? new SingleActivity();
    this.sender = new BatchSender(options);
    const busyKeys: BusyKeys = new Map();
    const queueOf = (isBulk: boolean): WorkloadQueue<Item, Result> => ({
      isBulk,
      queue: new PendingRequests(busyKeys, { maxQueued, maxBytes: maxQueuedBytes }),
      budget: new BatchBudget(maxBatchBytes, isBulk ? TARGET_MS.bulk : TARGET_MS.single),
      maxWaitMs: isBulk ? MAX_BULK_WAIT_MS : timeoutMs,
      inFlight: 0,
      pausedUntil: 0,
    });
    this.single = queueOf(false);
    this.bulk = queueOf(true);
  }

  submit(item: Item, { principal, isBulk }: Workload = OWN_WORK): Promise<Result> {
    const { keyOf, bytesOf, maxInFlight, minBatch } = this.options;
    const { queue, inFlight, maxWaitMs } = isBulk ? this.bulk : this.single;
    const cost = costOf(bytesOf?.(item) ?? 0);
    if (!queue.hasRoomFor({ principal, cost })) {
      return Promise.reject(new StoreUnavailable({ cause: new Error('the request queue is full') }));
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
    // It runs after the sockets of this event-loop turn were read, so that all of their requests share the batch.
    setImmediate(() => {
      this.scheduled = false;
      this.dispatch();
    });
  }

  private dispatch(): void {
    for (const workload of [this.single, this.bulk]) {
      while (this.canDispatch(workload)) {
        const batch = workload.queue.take(this.options.maxBatch, workload.budget.bytes);
        if (batch.length === 0) break;
        void this.sendBatch(batch, workload);
      }
    }
    this.scheduleQueueCheck();
  }

  private canDispatch({ isBulk, queue, inFlight, pausedUntil }: WorkloadQueue<Item, Result>): boolean {
    const { maxInFlight, minBatch } = this.options;
    if (queue.ready === 0 || inFlight >= maxInFlight) return false;
    if (isBulk && this.activity.isRecent()) return inFlight === 0 && performance.now() >= pausedUntil;
    return inFlight === 0 || queue.ready >= minBatch || queue.readySince + MAX_HOLD_MS <= performance.now();
  }

  private async sendBatch(
    batch: readonly BatchRequest<Item, Result>[],
    from: WorkloadQueue<Item, Result>,
  ): Promise<void> {
    const startedAt = performance.now();
    if (!from.isBulk) this.activity.lastAt = startedAt;
    from.inFlight++;
    const retryDeadline = from.isBulk
      ? startedAt + MAX_BULK_RETRY_MS
      : Math.min(...batch.map(({ deadline }) => deadline));
    const outcomes = await this.sender.send(batch, from.isBulk, retryDeadline);
    const endedAt = performance.now();
    from.inFlight--;
    from.pausedUntil = endedAt + (endedAt - startedAt);
    from.budget.record(
      batch.reduce((sum, { cost }) => sum + cost, 0),
      endedAt - startedAt,
    );
    from.queue.release(batch);
    // The next batch is sent first: the database executes it while these callers continue.
    this.dispatch();
    for (const [i, outcome] of outcomes.entries()) {
      if (i > 0 && i % MAX_SETTLED_PER_TURN === 0) await nextTurn();
      settle(batch[i]!, outcome);
    }
  }

  /** Rejects expired requests, and sends those that a batch in flight holds up, until the queues are empty. */
  private scheduleQueueCheck(): void {
    if (this.queueTimer || this.single.queue.length + this.bulk.queue.length === 0) return;
    this.queueTimer = setTimeout(() => {
      this.queueTimer = undefined;
      this.single.queue.expire();
      this.bulk.queue.expire();
      this.dispatch();
    }, MAX_HOLD_MS);
    this.queueTimer.unref();
  }
}
