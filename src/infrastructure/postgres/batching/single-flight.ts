import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { OWN_WORK, type Workload } from '../../../domain/access/workload.js';
import { QUANTUM_BYTES, PendingRequests } from './pending-requests.js';

export interface SingleFlightOptions {
  readonly maxInFlight: number;
  /** How many reads wait at most; one principal alone fills half of it. */
  readonly maxQueued: number;
  /** How long a read may take in all, in milliseconds. */
  readonly timeoutMs: number;
}

interface Read<Result> {
  readonly key: string;
  readonly result: Promise<Result>;
  /** Who waits for it: it is begun in the turn of whoever of them comes first. */
  readonly principals: Set<string>;
  begin(): Promise<void>;
}

/**
 * Lets requests that ask the same at the same time share one answer, as many screens that show one list do. Only what
 * has not begun yet is shared: each answer is of a moment after its request, so a client sees what it has written.
 *
 * Principals take turns, a read each. Reads in flight and in the queue are bounded; past the queue's bound a read is a StoreUnavailable,
 * first for the principal that fills it.
 */
export class SingleFlight<Result> {
  private readonly queue: PendingRequests<Read<Result>, void>;
  private readonly waiting = new Map<string, Read<Result>>();
  private inFlight = 0;
  private scheduled = false;

  constructor(private readonly options: SingleFlightOptions) {
    this.queue = new PendingRequests(new Map(), { maxItems: options.maxQueued, maxBytes: Infinity });
  }

  /** @param read is given the deadline (of `performance.now()`) by which it settles. */
  submit(
    key: string,
    read: (deadline: number) => Promise<Result>,
    { principal }: Workload = OWN_WORK,
  ): Promise<Result> {
    const same = this.waiting.get(key);
    if (same?.principals.has(principal)) return same.result;
    if (!this.queue.hasRoomFor({ principal, cost: QUANTUM_BYTES })) {
      return Promise.reject(new StoreUnavailable({ cause: new Error('too many requests wait') }));
    }
    const deadline = performance.now() + this.options.timeoutMs;
    const shared = same ?? this.wait(key, () => read(deadline));
    shared.principals.add(principal);
    this.queue.push({ item: shared, principal, deadline, ...A_TURN });
    this.schedule();
    return shared.result;
  }

  private wait(key: string, read: () => Promise<Result>): Read<Result> {
    const { promise: result, resolve, reject } = Promise.withResolvers<Result>();
    const waiting = { key, result, principals: new Set<string>(), begin: () => read().then(resolve, reject) };
    this.waiting.set(key, waiting);
    return waiting;
  }

  private schedule(): void {
    if (this.scheduled || this.queue.length === 0 || this.inFlight >= this.options.maxInFlight) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      while (this.inFlight < this.options.maxInFlight) {
        const [next] = this.queue.take(1, Infinity);
        if (!next) return;
        this.begin(next.item);
      }
    });
  }

  private begin(read: Read<Result>): void {
    // In the turn of another principal it may have begun.
    if (this.waiting.get(read.key) !== read) return;
    this.waiting.delete(read.key);
    this.inFlight++;
    void read.begin().finally(() => {
      this.inFlight--;
      this.schedule();
    });
  }
}

/** A read is all of a principal's turn, and tells its outcome itself. */
const A_TURN = { key: undefined, cost: QUANTUM_BYTES, resolve: () => {}, reject: () => {} } as const;
