import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { Fifo } from './fifo.js';
import { type Group, type PrincipalQueue, QUANTUM_BYTES, type QueuedRequest } from './queued-request.js';

/** The keys of the requests in flight, each with callbacks for its release. */
export type BusyKeys = Map<unknown, (() => void)[]>;

/**
 * The queue of pending requests. Principals are served by deficit round robin over the bytes that they send
 * (https://en.wikipedia.org/wiki/Deficit_round_robin), so a principal that sends much delays only itself. Requests of one key
 * keep their order within a principal, and are never in two batches at once; requests that wait for their key add no work
 * until then.
 *
 * A principal may use at most as much of the queue as is free (a dynamic threshold): one principal that floods it leaves half of
 * it to the others, and two leave a third.
 */
export class PendingRequests<Request extends QueuedRequest> {
  private readonly principals = new Map<string, PrincipalQueue<Request>>();
  private readonly schedule = new Fifo<PrincipalQueue<Request>>();
  private requests = 0;
  private cost = 0;
  private readyRequests = 0;
  private oldestReadyAt = 0;

  /** @param busyKeys shared by the queues whose requests have keys in common. */
  constructor(
    private readonly busyKeys: BusyKeys,
    private readonly limits: { readonly maxQueued: number; readonly maxBytes: number },
  ) {}

  get length(): number {
    return this.requests;
  }

  /** The number of requests that can be sent; an upper bound, since some may still turn out to wait for their keys. */
  get ready(): number {
    return this.readyRequests;
  }

  /** The time since which requests can be sent, in milliseconds of `performance.now()`. */
  get readySince(): number {
    return this.oldestReadyAt;
  }

  hasRoomFor({ principal, cost }: Pick<QueuedRequest, 'principal' | 'cost'>): boolean {
    const own = this.principals.get(principal);
    return (
      (own?.length ?? 0) < this.limits.maxQueued - this.requests &&
      (own?.cost ?? 0) + cost <= this.limits.maxBytes - this.cost
    );
  }

  push(request: Request): void {
    const group = this.groupOf(request);
    group.requests.push(request);
    this.count(group.principal, 1, request.cost);
    if (!group.isBlocked) this.markReady(group.principal, 1);
  }

  /**
   * Removes the next requests whose keys are free: at most `maxRequests`, and at most `maxBytes` unless a single one has more.
   * Their keys are busy until `release`.
   */
  take(maxRequests: number, maxBytes: number): Request[] {
    const taken: Request[] = [];
    const keys = new Set<unknown>();
    let bytes = 0;
    while (taken.length < maxRequests) {
      const principal = this.schedule.first;
      if (!principal) break;
      const group = this.nextGroup(principal, keys);
      if (!group) {
        this.deschedule(principal);
        continue;
      }
      const { cost } = group.requests.first!;
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

  /** Frees the keys of these requests, and unblocks the groups that wait for them. */
  release(taken: readonly Request[]): void {
    for (const { key } of taken) {
      if (key === undefined) continue;
      const blocked = this.busyKeys.get(key);
      this.busyKeys.delete(key);
      for (const unblock of blocked ?? []) unblock();
    }
  }

  /** Rejects the requests whose deadline has passed. */
  expire(): void {
    const now = performance.now();
    for (const principal of this.principals.values()) {
      for (const group of principal.groups.values()) {
        while (group.requests.first && group.requests.first.deadline <= now) {
          const error = new StoreUnavailable({ cause: new Error('the request timed out in the queue') });
          this.takeFrom(group).reject(error);
        }
      }
    }
  }

  private groupOf({ principal: name, key }: Request): Group<Request> {
    let principal = this.principals.get(name);
    if (!principal) {
      const ready = new Fifo<Group<Request>>();
      principal = { name, groups: new Map(), ready, credit: 0, length: 0, cost: 0, isScheduled: false };
      this.principals.set(name, principal);
    }
    let group = principal.groups.get(key);
    if (!group) {
      group = { key, principal, requests: new Fifo(), isBlocked: false };
      principal.groups.set(key, group);
      principal.ready.push(group);
    }
    return group;
  }

  /** The first group of this principal whose key is free, or is busy by the same batch. */
  private nextGroup(
    { ready }: PrincipalQueue<Request>,
    keys: ReadonlySet<unknown>,
  ): Group<Request> | undefined {
    for (let group = ready.first; group; group = ready.first) {
      const blocked = keys.has(group.key) ? undefined : this.busyKeys.get(group.key);
      if (group.requests.length > 0 && !blocked) return group;
      ready.shift();
      if (!blocked || group.requests.length === 0) continue;
      blocked.push(() => this.unblock(group));
      group.isBlocked = true;
      this.readyRequests -= group.requests.length;
    }
    return undefined;
  }

  private takeFrom(group: Group<Request>): Request {
    const request = group.requests.shift()!;
    const { principal } = group;
    this.count(principal, -1, -request.cost);
    if (!group.isBlocked) this.readyRequests--;
    if (group.requests.length === 0) principal.groups.delete(group.key);
    if (principal.length === 0 && !principal.isScheduled) this.principals.delete(principal.name);
    return request;
  }

  private unblock(group: Group<Request>): void {
    group.isBlocked = false;
    if (group.requests.length === 0) return;
    group.principal.ready.push(group);
    this.markReady(group.principal, group.requests.length);
  }

  private markReady(principal: PrincipalQueue<Request>, requests: number): void {
    if (this.readyRequests === 0) this.oldestReadyAt = performance.now();
    this.readyRequests += requests;
    if (principal.isScheduled) return;
    principal.isScheduled = true;
    this.schedule.push(principal);
  }

  private deschedule(principal: PrincipalQueue<Request>): void {
    this.schedule.shift();
    principal.isScheduled = false;
    principal.credit = 0;
    if (principal.length === 0) this.principals.delete(principal.name);
  }

  private count(principal: PrincipalQueue<Request>, requests: number, cost: number): void {
    this.requests += requests;
    this.cost += cost;
    principal.length += requests;
    principal.cost += cost;
  }
}
