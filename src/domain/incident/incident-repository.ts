import type { IdempotencyKey } from './idempotency.js';
import type { Workload } from '../access/workload.js';
import type { IncidentChannel } from './incident-channel.js';
import type { Incident, IncidentId, Report } from './incident.js';

/** An incident as a request has left it. */
export interface WriteResult {
  readonly incident: Incident;
  /** Whether that was an earlier request, of which this one is a repeat. */
  readonly isReplay: boolean;
}

/**
 * A deduplication key, and the channel by which it came. Keys of different channels never meet: nobody can give a report the
 * key of an alert.
 */
export interface DedupKey {
  readonly channel: IncidentChannel;
  readonly dedupKey: string;
}

/**
 * The incidents themselves. Each method is one transaction: what it has resolved with is committed,
 * the history with it, and what it has rejected with has changed nothing.
 *
 * A request with an idempotency key takes effect once. A repeat resolves with the incident as the first request left it,
 * or rejects with a ReplayedError; a request that asks for something else under the key, with IdempotencyKeyReused.
 *
 * A workload says whose turn the request takes; by default it is `OWN_WORK`.
 */
export abstract class IncidentRepository {
  /** Gives the report a number and keeps it as a NEW incident of version 1. */
  abstract add(report: Report, idempotency?: IdempotencyKey, workload?: Workload): Promise<WriteResult>;

  /**
   * The same for a report with a key, unless an incident of its channel that is not CLOSED has it: then that one, changed by
   * `again`, and no other is made. However many are told at once, a key has one open incident in its channel.
   */
  abstract addOrMerge(
    report: Report & { readonly dedupKey: string },
    again: (incident: Incident) => void,
    idempotency?: IdempotencyKey,
    workload?: Workload,
  ): Promise<WriteResult>;

  /** The incident as it is now, or undefined where there is none. */
  abstract find(id: IncidentId, workload?: Workload): Promise<Incident | undefined>;

  /** The incident that the request with this idempotency key has made or changed, as it is now. */
  abstract findByRequest(request: Pick<IdempotencyKey, 'scope' | 'key'>): Promise<Incident | undefined>;

  /**
   * Lets `act` change the incident as it is now, alone with it, and keeps the outcome and its events;
   * resolves with undefined, and does not call `act`, where there is none.
   * What `act` throws is thrown on, and nothing is kept. `act` must depend on its argument alone.
   */
  abstract change(
    id: IncidentId,
    act: (incident: Incident) => void,
    idempotency?: IdempotencyKey,
    workload?: Workload,
  ): Promise<WriteResult | undefined>;

  /** The same for the incident of this channel that has this deduplication key and is not CLOSED. */
  abstract changeOpenByDedupKey(
    key: DedupKey,
    act: (incident: Incident) => void,
    idempotency?: IdempotencyKey,
    workload?: Workload,
  ): Promise<WriteResult | undefined>;
}
