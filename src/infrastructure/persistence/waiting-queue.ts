import { RegisterUnavailable } from '../../application/ports/register-unavailable.js';

/** What became of an item. */
export type Outcome<Result> = { readonly value: Result } | { readonly error: unknown };

/** A caller that waits for the outcome of its item. */
export interface Waiting<Item, Result> {
  readonly item: Item;
  /** Items of one key keep their order; undefined where there is nothing to order. */
  readonly key: unknown;
  /** In milliseconds of `performance.now()`, as is the deadline. */
  readonly since: number;
  readonly deadline: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Tells a caller of its outcome; only the first time counts. */
export function tell<Result>({ resolve, reject }: Waiting<unknown, Result>, outcome: Outcome<Result>): void {
  if ('value' in outcome) resolve(outcome.value);
  else reject(outcome.error);
}

/** Callers in the order in which they came, of which those whose key is in flight are passed over. */
export class WaitingQueue<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private readonly busyKeys = new Set<unknown>();

  get length(): number {
    return this.waiting.length;
  }

  /** Since when the first one waits; undefined when nobody does. */
  get since(): number | undefined {
    return this.waiting[0]?.since;
  }

  push(waiting: Waiting<Item, Result>): void {
    this.waiting.push(waiting);
  }

  /** The first ones whose keys are free, so many at most. Their keys are busy until they are released. */
  take(most: number): Waiting<Item, Result>[] {
    const taken = this.busyKeys.size === 0 ? this.waiting.splice(0, most) : this.takeFree(most);
    for (const { key } of taken) if (key !== undefined) this.busyKeys.add(key);
    return taken;
  }

  release(taken: readonly Waiting<Item, Result>[]): void {
    for (const { key } of taken) this.busyKeys.delete(key);
  }

  /** Ends the wait of those whose deadline has passed; the first in the queue came first. */
  expire(): void {
    const now = performance.now();
    while (this.waiting[0] && this.waiting[0].deadline <= now) {
      this.waiting.shift()!.reject(new RegisterUnavailable({ cause: new Error('waited too long') }));
    }
  }

  private takeFree(most: number): Waiting<Item, Result>[] {
    const taken: Waiting<Item, Result>[] = [];
    this.waiting = this.waiting.filter((each) => {
      const stays = taken.length >= most || this.busyKeys.has(each.key);
      if (!stays) taken.push(each);
      return stays;
    });
    return taken;
  }
}
