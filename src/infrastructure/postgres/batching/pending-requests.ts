import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { Fifo } from './fifo.js';

/** The result or the error of an item. */
export type Outcome<Result> = { readonly value: Result } | { readonly error: unknown };

/** An item whose caller waits for its outcome. */
export interface PendingRequest<Item, Result> {
  readonly item: Item;
  /** Items of one key keep their order; undefined where there is nothing to order. */
  readonly key: unknown;
  /** The principal that submitted the item: principals are served round robin. */
  readonly principal: string;
  /** In bytes: see `costOf`. */
  readonly cost: number;
  /** In milliseconds of `performance.now()`. */
  readonly deadline: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Passes the outcome to the caller; only the first call has an effect. */
export function settle<Result>(
  { resolve, reject }: PendingRequest<unknown, Result>,
  outcome: Outcome<Result>,
): void {
  if ('value' in outcome) resolve(outcome.value);
  else reject(outcome.error);
}

/** The cost of an item besides its text, in bytes: its row, its history and their indexes. */
const ITEM_BYTES = 512;

/** The bytes that a principal may send per round. */
export const QUANTUM_BYTES = 16 * 1024;

/** The cost of an item with a text of so many bytes. */
export const costOf = (textBytes: number): number => ITEM_BYTES + textBytes;

/** The items of a principal with one key, in order of arrival. */
interface Group<Item, Result> {
  readonly key: unknown;
  readonly principal: PrincipalQueue<Item, Result>;
  readonly queue: PendingRequests<Item, Result>;
  readonly items: Fifo<PendingRequest<Item, Result>>;
  /** Whether it waits for the release of its key. */
  isBlocked: boolean;
}

interface PrincipalQueue<Item, Result> {
  readonly name: string;
  readonly groups: Map<unknown, Group<Item, Result>>;
  /** The groups that are not known to be blocked. */
  readonly ready: Fifo<Group<Item, Result>>;
  /** The bytes that it may still send in this round. */
  credit: number;
  items: number;
  cost: number;
  isScheduled: boolean;
}

/** The keys of the items in flight, each with the groups that wait for its release. */
export type BusyKeys<Item, Result> = Map<unknown, Group<Item, Result>[]>;

export interface QueueLimits {
  readonly maxItems: number;
  readonly maxBytes: number;
}

/**
 * The queue of pending requests. Principals are served by deficit round robin over the bytes that they send
 * (https://en.wikipedia.org/wiki/Deficit_round_robin), so a principal that sends much delays only itself. Items of one key keep
 * their order within a principal, and are never in two batches at once; items that wait for their key add no work until then.
 *
 * A principal may use at most as much of the queue as is free (a dynamic threshold): one principal that floods it leaves half of
 * it to the others, and two leave a third.
 */
export class PendingRequests<Item, Result> {
  private readonly principals = new Map<string, PrincipalQueue<Item, Result>>();
  private readonly schedule = new Fifo<PrincipalQueue<Item, Result>>();
  private items = 0;
  private cost = 0;
  private readyItems = 0;
  private oldestReadyAt = 0;

  /** @param busyKeys shared by the queues whose items have keys in common. */
  constructor(
    private readonly busyKeys: BusyKeys<Item, Result>,
    private readonly limits: QueueLimits,
  ) {}

  get length(): number {
    return this.items;
  }

  /** The number of items that can be sent; an upper bound, since some may still turn out to wait for their keys. */
  get ready(): number {
    return this.readyItems;
  }

  /** The time since which ready items have been request, in milliseconds of `performance.now()`. */
  get readySince(): number {
    return this.oldestReadyAt;
  }

  hasRoomFor({ principal, cost }: Pick<PendingRequest<Item, Result>, 'principal' | 'cost'>): boolean {
    const own = this.principals.get(principal);
    return (
      (own?.items ?? 0) < this.limits.maxItems - this.items &&
      (own?.cost ?? 0) + cost <= this.limits.maxBytes - this.cost
    );
  }

  push(request: PendingRequest<Item, Result>): void {
    const principal = this.principalOf(request.principal);
    let group = principal.groups.get(request.key);
    if (!group) {
      const items = new Fifo<PendingRequest<Item, Result>>();
      group = { key: request.key, principal, queue: this, items, isBlocked: false };
      principal.groups.set(request.key, group);
      principal.ready.push(group);
    }
    group.items.push(request);
    this.count(principal, 1, request.cost);
    if (!group.isBlocked) this.markReady(principal, 1);
  }

  /**
   * Removes the next items whose keys are free: at most `maxItems`, and at most `maxBytes` unless a single item has more. Their
   * keys are busy until `release`.
   */
  take(maxItems: number, maxBytes: number): PendingRequest<Item, Result>[] {
    const taken: PendingRequest<Item, Result>[] = [];
    const keys = new Set<unknown>();
    let bytes = 0;
    while (taken.length < maxItems) {
      const principal = this.schedule.first;
      if (!principal) break;
      const group = this.nextGroup(principal, keys);
      if (!group) {
        this.deschedule(principal);
        continue;
      }
      const { cost } = group.items.first!;
      if (taken.length > 0 && bytes + cost > maxBytes) break;
      if (principal.credit < cost) {
        principal.credit += QUANTUM_BYTES;
        this.schedule.push(this.schedule.shift()!);
        continue;
      }
      principal.credit -= cost;
      bytes += cost;
      taken.push(this.takeFrom(group));
      if (group.key !== undefined && !keys.has(group.key)) {
        keys.add(group.key);
        this.busyKeys.set(group.key, []);
      }
    }
    this.oldestReadyAt = performance.now();
    return taken;
  }

  /** Frees the keys of these items, and unblocks the groups that wait for them. */
  release(taken: readonly PendingRequest<Item, Result>[]): void {
    for (const { key } of taken) {
      if (key === undefined) continue;
      const blocked = this.busyKeys.get(key);
      this.busyKeys.delete(key);
      for (const group of blocked ?? []) group.queue.unblock(group);
    }
  }

  /** Rejects the items whose deadline has passed. */
  expire(): void {
    const now = performance.now();
    for (const principal of this.principals.values()) {
      for (const group of principal.groups.values()) {
        while (group.items.first && group.items.first.deadline <= now) {
          const error = new StoreUnavailable({ cause: new Error('the request timed out in the queue') });
          this.takeFrom(group).reject(error);
        }
      }
    }
  }

  private principalOf(name: string): PrincipalQueue<Item, Result> {
    let principal = this.principals.get(name);
    if (!principal) {
      const ready = new Fifo<Group<Item, Result>>();
      principal = { name, groups: new Map(), ready, credit: 0, items: 0, cost: 0, isScheduled: false };
      this.principals.set(name, principal);
    }
    return principal;
  }

  /** The first group of this principal whose key is free, or is busy by the same batch. */
  private nextGroup(
    { ready }: PrincipalQueue<Item, Result>,
    keys: ReadonlySet<unknown>,
  ): Group<Item, Result> | undefined {
    for (let group = ready.first; group; group = ready.first) {
      const blocked = keys.has(group.key) ? undefined : this.busyKeys.get(group.key);
      if (group.items.length > 0 && !blocked) return group;
      ready.shift();
      if (!blocked || group.items.length === 0) continue;
      blocked.push(group);
      group.isBlocked = true;
      this.readyItems -= group.items.length;
    }
    return undefined;
  }

  private takeFrom(group: Group<Item, Result>): PendingRequest<Item, Result> {
    const request = group.items.shift()!;
    const { principal } = group;
    this.count(principal, -1, -request.cost);
    if (!group.isBlocked) this.readyItems--;
    if (group.items.length === 0) principal.groups.delete(group.key);
    if (principal.items === 0 && !principal.isScheduled) this.principals.delete(principal.name);
    return request;
  }

  private unblock(group: Group<Item, Result>): void {
    group.isBlocked = false;
    if (group.items.length === 0) return;
    group.principal.ready.push(group);
    this.markReady(group.principal, group.items.length);
  }

  private markReady(principal: PrincipalQueue<Item, Result>, items: number): void {
    if (this.readyItems === 0) this.oldestReadyAt = performance.now();
    this.readyItems += items;
    if (principal.isScheduled) return;
    principal.isScheduled = true;
    this.schedule.push(principal);
  }

  private deschedule(principal: PrincipalQueue<Item, Result>): void {
    this.schedule.shift();
    principal.isScheduled = false;
    principal.credit = 0;
    if (principal.items === 0) this.principals.delete(principal.name);
  }

  private count(principal: PrincipalQueue<Item, Result>, items: number, cost: number): void {
    this.items += items;
    this.cost += cost;
    principal.items += items;
    principal.cost += cost;
  }
}
