import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { Fifo } from './fifo.js';

/** What became of an item. */
export type Outcome<Result> = { readonly value: Result } | { readonly error: unknown };

/** A caller that waits for the outcome of its item. */
export interface PendingRequest<Item, Result> {
  readonly item: Item;
  /** Items of one key keep their order; undefined where there is nothing to order. */
  readonly key: unknown;
  /** Whose item it is: principals take turns. */
  readonly principal: string;
  /** What it costs: see `costOf`. */
  readonly cost: number;
  /** In milliseconds of `performance.now()`. */
  readonly deadline: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Settles a caller with its outcome; only the first time counts. */
export function settle<Result>(
  { resolve, reject }: PendingRequest<unknown, Result>,
  outcome: Outcome<Result>,
): void {
  if ('value' in outcome) resolve(outcome.value);
  else reject(outcome.error);
}

/** What an item costs besides its text, in bytes: a row, its history and their indexes. */
const ITEM_BYTES = 512;

/** How many bytes a principal may send in its turn. */
export const QUANTUM_BYTES = 16 * 1024;

/** What an item with a text of so many bytes costs. */
export const costOf = (textBytes: number): number => ITEM_BYTES + textBytes;

/** The items of a principal that have one key, in the order in which they came. */
interface Group<Item, Result> {
  readonly key: unknown;
  readonly principal: Principal<Item, Result>;
  readonly queue: PendingRequests<Item, Result>;
  readonly items: Fifo<PendingRequest<Item, Result>>;
  /** Whether it waits until its key is released. */
  isBlocked: boolean;
}

interface Principal<Item, Result> {
  readonly name: string;
  readonly groups: Map<unknown, Group<Item, Result>>;
  /** The groups that are not known to be blocked. */
  readonly ready: Fifo<Group<Item, Result>>;
  /** Bytes that it may still send in its turn. */
  credit: number;
  items: number;
  cost: number;
  isInTurn: boolean;
}

/** The keys of the items in flight, each with the groups that wait for it. */
export type BusyKeys<Item, Result> = Map<unknown, Group<Item, Result>[]>;

export interface QueueLimits {
  readonly maxItems: number;
  readonly maxBytes: number;
}

/**
 * Callers that wait to be sent. Principals take turns by the bytes that they send (deficit round robin,
 * https://en.wikipedia.org/wiki/Deficit_round_robin), so one that sends much delays itself. Items of one key keep their
 * order within a principal, and are never in two batches at once: what waits for its key costs nothing until then.
 *
 * A principal may fill no more of the queue than it leaves free (a dynamic threshold): one that floods it leaves half of it to the
 * others, and two leave a third.
 */
export class PendingRequests<Item, Result> {
  private readonly principals = new Map<string, Principal<Item, Result>>();
  private readonly turns = new Fifo<Principal<Item, Result>>();
  private items = 0;
  private cost = 0;
  private readyItems = 0;
  private waitsSince = 0;

  /** @param busyKeys are shared by the queues whose items have the same keys. */
  constructor(
    private readonly busyKeys: BusyKeys<Item, Result>,
    private readonly limits: QueueLimits,
  ) {}

  get length(): number {
    return this.items;
  }

  /** How many can be sent, as far as it is known: some may turn out to wait for their keys. */
  get ready(): number {
    return this.readyItems;
  }

  /** Since when some that are ready have not been sent, in milliseconds of `performance.now()`. */
  get since(): number {
    return this.waitsSince;
  }

  hasRoomFor({ principal, cost }: Pick<PendingRequest<Item, Result>, 'principal' | 'cost'>): boolean {
    const own = this.principals.get(principal);
    return (
      (own?.items ?? 0) < this.limits.maxItems - this.items &&
      (own?.cost ?? 0) + cost <= this.limits.maxBytes - this.cost
    );
  }

  push(waiting: PendingRequest<Item, Result>): void {
    const principal = this.principalOf(waiting.principal);
    let group = principal.groups.get(waiting.key);
    if (!group) {
      const items = new Fifo<PendingRequest<Item, Result>>();
      group = { key: waiting.key, principal, queue: this, items, isBlocked: false };
      principal.groups.set(waiting.key, group);
      principal.ready.push(group);
    }
    group.items.push(waiting);
    this.count(principal, 1, waiting.cost);
    if (!group.isBlocked) this.becomeReady(principal, 1);
  }

  /**
   * The next ones in turn whose keys are free: so many at most, and of so many bytes unless a single one has more. Their keys are
   * busy until they are released.
   */
  take(maxItems: number, maxBytes: number): PendingRequest<Item, Result>[] {
    const taken: PendingRequest<Item, Result>[] = [];
    const keys = new Set<unknown>();
    let bytes = 0;
    while (taken.length < maxItems) {
      const principal = this.turns.first;
      if (!principal) break;
      const group = this.nextGroup(principal, keys);
      if (!group) {
        this.endTurn(principal);
        continue;
      }
      const { cost } = group.items.first!;
      if (taken.length > 0 && bytes + cost > maxBytes) break;
      if (principal.credit < cost) {
        principal.credit += QUANTUM_BYTES;
        this.turns.push(this.turns.shift()!);
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
    this.waitsSince = performance.now();
    return taken;
  }

  /** Lets those go on that wait for the keys of these. */
  release(taken: readonly PendingRequest<Item, Result>[]): void {
    for (const { key } of taken) {
      if (key === undefined) continue;
      const blocked = this.busyKeys.get(key);
      this.busyKeys.delete(key);
      for (const group of blocked ?? []) group.queue.unblock(group);
    }
  }

  /** Ends the wait of those whose deadline has passed. */
  expire(): void {
    const now = performance.now();
    for (const principal of this.principals.values()) {
      for (const group of principal.groups.values()) {
        while (group.items.first && group.items.first.deadline <= now) {
          const error = new StoreUnavailable({ cause: new Error('waited too long') });
          this.takeFrom(group).reject(error);
        }
      }
    }
  }

  private principalOf(name: string): Principal<Item, Result> {
    let principal = this.principals.get(name);
    if (!principal) {
      const ready = new Fifo<Group<Item, Result>>();
      principal = { name, groups: new Map(), ready, credit: 0, items: 0, cost: 0, isInTurn: false };
      this.principals.set(name, principal);
    }
    return principal;
  }

  /** The first group of this principal whose key is free, or was taken for the same batch. */
  private nextGroup(
    { ready }: Principal<Item, Result>,
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
    const waiting = group.items.shift()!;
    const { principal } = group;
    this.count(principal, -1, -waiting.cost);
    if (!group.isBlocked) this.readyItems--;
    if (group.items.length === 0) principal.groups.delete(group.key);
    if (principal.items === 0 && !principal.isInTurn) this.principals.delete(principal.name);
    return waiting;
  }

  private unblock(group: Group<Item, Result>): void {
    group.isBlocked = false;
    if (group.items.length === 0) return;
    group.principal.ready.push(group);
    this.becomeReady(group.principal, group.items.length);
  }

  private becomeReady(principal: Principal<Item, Result>, items: number): void {
    if (this.readyItems === 0) this.waitsSince = performance.now();
    this.readyItems += items;
    if (principal.isInTurn) return;
    principal.isInTurn = true;
    this.turns.push(principal);
  }

  private endTurn(principal: Principal<Item, Result>): void {
    this.turns.shift();
    principal.isInTurn = false;
    principal.credit = 0;
    if (principal.items === 0) this.principals.delete(principal.name);
  }

  private count(principal: Principal<Item, Result>, items: number, cost: number): void {
    this.items += items;
    this.cost += cost;
    principal.items += items;
    principal.cost += cost;
  }
}
