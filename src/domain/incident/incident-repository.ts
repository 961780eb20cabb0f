import type { IdempotencyKey, RequestKey } from './idempotency.js';
import type { Workload } from '../access/workload.js';
import type { IncidentChannel } from './incident-channel.js';
import type { IncidentId, Report } from './incident-state.js';
import type { Incident } from './incident.js';

/** An incident after a request. */
export interface WriteResult {
  readonly incident: Incident;
  /** Whether the request is a replay: the incident is as the first request left it. */
  readonly isReplay: boolean;
}

/**
 * A deduplication key, and the channel by which it came. Keys of different channels are distinct: a report cannot have the
 * key of an alert.
 */
export interface DedupKey {
  readonly channel: IncidentChannel;
  readonly dedupKey: string;
}

/**
 * The stored incidents. Each method is one transaction: when it resolves, the incident and its history are committed; when
 * it rejects, nothing has changed.
 *
 * A request with an idempotency key takes effect once. A replay resolves with the incident as the first request left it,
 * or rejects with a ReplayedError; a different request under the key rejects with IdempotencyKeyReused.
 *
 * The workload is what the scheduler needs; by default it is `OWN_WORK`.
 */
export abstract class IncidentRepository {
  /** Stores the report as a NEW incident of version 1, with a number. */
  abstract add(report: Report, idempotency?: IdempotencyKey, workload?: Workload): Promise<WriteResult>;

  /**
   * The same for a report with a deduplication key, unless an incident of its channel that is not CLOSED has it: then
   * `countDuplicate` changes that one. However many reports arrive at once, a key has one open incident in its channel.
   */
  abstract addOrMerge(
    report: Report & { readonly dedupKey: string },
    countDuplicate: (incident: Incident) => void,
    idempotency?: IdempotencyKey,
    workload?: Workload,
  ): Promise<WriteResult>;

  /** The current state of an incident; undefined where there is none. */
  abstract find(id: IncidentId, workload?: Workload): Promise<Incident | undefined>;

  /** The current state of the incident that the request with this idempotency key has created or changed. */
  abstract findByRequest(request: RequestKey): Promise<Incident | undefined>;

  /**
   * Calls `act` with the current state of the incident, without concurrent changes, and stores the result and its events;
   * resolves with undefined, without calling `act`, where there is none.
   * Rejects with the error that `act` throws, and stores nothing then. `act` must depend on its argument only: it may be called
   * again.
   */
  abstract change(
    id: IncidentId,
    act: (incident: Incident) => void,
    idempotency?: IdempotencyKey,
    workload?: Workload,
  ): Promise<WriteResult | undefined>;

  /**
   * Calls `act` with the current states of an incident and of the original of another one, at the end of its chain of duplicates, and
   * stores both with their events, or neither. The original is undefined if the other incident does not exist, and is the
   * incident itself if the chain ends there. For the rest it is as `change`, whose result it has.
   */
  abstract changeWithOriginal(
    ids: { readonly id: IncidentId; readonly duplicateOf: IncidentId },
    act: (incident: Incident, original: Incident | undefined) => void,
    idempotency?: IdempotencyKey,
    workload?: Workload,
  ): Promise<WriteResult | undefined>;

  /** The same as `change` for the incident of this channel that has this deduplication key and is not CLOSED. */
  abstract changeOpenByDedupKey(
    key: DedupKey,
    act: (incident: Incident) => void,
    idempotency?: IdempotencyKey,
    workload?: Workload,
  ): Promise<WriteResult | undefined>;
}
