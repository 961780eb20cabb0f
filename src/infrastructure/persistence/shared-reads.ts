import { RegisterUnavailable } from '../../application/ports/register-unavailable.js';

export interface SharedReadsOptions {
  readonly maxInFlight: number;
  readonly maxQueued: number;
  /** How long a read may take in all, in milliseconds. */
  readonly patience: number;
}

interface Read<Result> {
  readonly result: Promise<Result>;
  begin(): Promise<void>;
}

/**
 * Lets requests that ask the same at the same time share one answer, as many screens that show one list do. Only what
 * has not begun yet is shared: each answer is of a moment after its request, so a client sees what it has written.
 * Reads in flight and in the queue are bounded; past the queue's bound a read is a RegisterUnavailable.
 */
export class SharedReads<Result> {
  private readonly queue = new Map<string, Read<Result>>();
  private inFlight = 0;
  private scheduled = false;

  constructor(private readonly options: SharedReadsOptions) {}

  /** @param read is given the deadline (of `performance.now()`) by which it settles. */
  submit(key: string, read: (deadline: number) => Promise<Result>): Promise<Result> {
    const same = this.queue.get(key);
    if (same) return same.result;
    if (this.queue.size >= this.options.maxQueued) {
      return Promise.reject(new RegisterUnavailable({ cause: new Error('too many requests wait') }));
    }
    const deadline = performance.now() + this.options.patience;
    const { promise: result, resolve, reject } = Promise.withResolvers<Result>();
    this.queue.set(key, { result, begin: () => read(deadline).then(resolve, reject) });
    this.schedule();
    return result;
  }

  private schedule(): void {
    if (this.scheduled || this.queue.size === 0 || this.inFlight >= this.options.maxInFlight) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      for (const [key, read] of this.queue) {
        if (this.inFlight >= this.options.maxInFlight) return;
        this.queue.delete(key);
        this.inFlight++;
        void read.begin().finally(() => {
          this.inFlight--;
          this.schedule();
        });
      }
    });
  }
}
