import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { OWN_WORK, type Workload } from '../../../domain/access/workload.js';
import { PendingRequests } from './pending-requests.js';
import { QUANTUM_BYTES, type QueuedRequest } from './queued-request.js';

export interface SingleFlightOptions {
  readonly maxInFlight: number;
  /** The maximum number of queued reads; one principal alone can fill half of it. */
  readonly maxQueued: number;
  /** The time limit of a read, its time in the queue included, in milliseconds. */
  readonly timeoutMs: number;
}

interface Read<Result> {
  readonly key: string;
  readonly result: Promise<Result>;
  /** The principals that wait for it: it starts when the first of them is scheduled. */
  readonly principals: Set<string>;
  start(): Promise<void>;
}

interface QueuedRead<Result> extends QueuedRequest {
  readonly read: Read<Result>;
}

/**
 * Concurrent requests with the same key share one read, as many screens that show one list do. Only a read that has not
 * started is shared: each result is newer than its request, so a client reads its own writes.
 *
 * Principals are served round robin, one read each. Reads in flight and in the queue are bounded; beyond the queue's bound a
 * read rejects with StoreUnavailable, first for the principal that fills the queue.
 */
export class SingleFlight<Result> {
  private readonly queue: PendingRequests<QueuedRead<Result>>;
  private readonly pending = new Map<string, Read<Result>>();
  private inFlight = 0;
  private scheduled = false;

  constructor(private readonly options: SingleFlightOptions) {
    this.queue = new PendingRequests(new Map(), { maxQueued: options.maxQueued, maxBytes: Infinity });
  }

  /** @param read gets the deadline (of `performance.now()`) by which it must settle. */
  submit(
    key: string,
    read: (deadline: number) => Promise<Result>,
    { principal }: Workload = OWN_WORK,
  ): Promise<Result> {
    const same = this.pending.get(key);
    if (same?.principals.has(principal)) return same.result;
    if (!this.queue.hasRoomFor({ principal, cost: QUANTUM_BYTES })) {
      return Promise.reject(new StoreUnavailable({ cause: new Error('the request queue is full') }));
    }
    const deadline = performance.now() + this.options.timeoutMs;
    const shared = same ?? this.enqueue(key, () => read(deadline));
    shared.principals.add(principal);
    this.queue.push({ read: shared, principal, deadline, ...ONE_QUANTUM });
    this.schedule();
    return shared.result;
  }

  private enqueue(key: string, read: () => Promise<Result>): Read<Result> {
    const { promise: result, resolve, reject } = Promise.withResolvers<Result>();
    const queued = { key, result, principals: new Set<string>(), start: () => read().then(resolve, reject) };
    this.pending.set(key, queued);
    return queued;
  }

  private schedule(): void {
    if (this.scheduled || this.queue.length === 0 || this.inFlight >= this.options.maxInFlight) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      while (this.inFlight < this.options.maxInFlight) {
        const [next] = this.queue.take(1, Infinity);
        if (!next) return;
        this.start(next.read);
      }
    });
  }

  private start(read: Read<Result>): void {
    // It may have started when another principal was scheduled.
    if (this.pending.get(read.key) !== read) return;
    this.pending.delete(read.key);
    this.inFlight++;
    void read.start().finally(() => {
      this.inFlight--;
      this.schedule();
    });
  }
}

/** A read uses up a principal's quantum, and settles its callers itself. */
const ONE_QUANTUM = { key: undefined, cost: QUANTUM_BYTES, reject: () => {} } as const;
