import { type IdempotencyKey, IdempotencyKeyInUse } from '../../../domain/incident/idempotency.js';
import type { IncidentEvent } from '../../../domain/incident/incident-events.js';
import type { WriteResult } from '../../../domain/incident/incident-repository.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import { Incident } from '../../../domain/incident/incident.js';
import type { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import type { Outcome } from '../batching/outcome.js';
import { isLockTimeout } from '../connection/database-errors.js';
import type { Database } from '../connection/database.js';
import { isKeyLocked, isKeyTaken } from '../idempotency/idempotency-records.js';
import {
  changeValues,
  type IncidentChange,
  keyedChangeValues,
  type KeyReservation,
  SAVE,
  SAVE_ONCE,
  SAVE_TOGETHER,
} from './change-statements.js';

/** What a caller wants to do with an incident. */
export interface ChangeRequest {
  readonly id: IncidentId;
  readonly act: (incident: Incident) => void;
  readonly idempotency: IdempotencyKey | undefined;
}

/** The outcome of a request; its value is undefined where there is no such incident. */
export type ChangeOutcome = Outcome<WriteResult | undefined>;

interface PendingChange extends IncidentChange {
  to: Incident;
  readonly events: IncidentEvent[];
  readonly keyReservations: KeyReservation[];
}

/** The changes that a batch of requests makes to incidents, one after the other, until they are saved together. */
export class PendingChanges {
  private readonly changes = new Map<IncidentId, PendingChange>();

  constructor(
    private readonly database: Database,
    private readonly metrics: Pick<IncidentMetrics, 'changed'>,
  ) {}

  /** Lets a request act on an incident as the requests before it have left it. */
  apply({ id, act, idempotency }: ChangeRequest, loaded: Incident | undefined): ChangeOutcome {
    const pending = this.changes.get(id);
    const before = pending?.to ?? loaded;
    if (!before) return { value: undefined };
    // A copy, since a request that throws may have done half of its work.
    const after = new Incident(before.state);
    try {
      act(after);
    } catch (error) {
      return { error };
    }
    this.add(before, after, idempotency);
    return { value: { incident: after, isReplay: false } };
  }

  /** Adds what a request has changed. A request that changes nothing reserves its key all the same: its replay must not act on what others have changed since. */
  add(before: Incident, after: Incident, idempotency: IdempotencyKey | undefined): void {
    if (after.newEvents.length === 0 && !idempotency) return;
    const change = this.changes.get(before.id) ?? {
      from: before,
      to: after,
      events: [],
      keyReservations: [],
    };
    change.to = after;
    change.events.push(...after.newEvents);
    if (idempotency) change.keyReservations.push({ idempotency, incident: after });
    this.changes.set(before.id, change);
  }

  /**
   * Saves the changes in one transaction. Returns the ids of the incidents whose changes are not saved, since another process
   * has changed them or has taken one of the idempotency keys meanwhile.
   * @param batchSize how many requests made these changes: where there are several, each is retried alone.
   * @param areTogether whether none of the changes is saved unless all are.
   * @throws IdempotencyKeyInUse where the key of a single request is locked for too long: another process may handle the same
   * request, of which nothing can be seen before it is committed.
   */
  async save(batchSize: number, deadline: number, areTogether = false): Promise<ReadonlySet<IncidentId>> {
    if (this.changes.size === 0) return new Set();
    const changes = [...this.changes.values()];
    const isKeyed = changes.some(({ keyReservations }) => keyReservations.length > 0);
    const [statement, values] =
      isKeyed || areTogether
        ? [areTogether ? SAVE_TOGETHER : SAVE_ONCE, keyedChangeValues(changes, batchSize)]
        : [SAVE, changeValues(changes)];
    const conflicts = new Set(this.changes.keys());
    try {
      for (const { id } of await this.database.change<{ id: number }>(statement, values, deadline)) {
        conflicts.delete(id);
        const { from, events } = this.changes.get(id)!;
        this.metrics.changed(from, events);
      }
      return conflicts;
    } catch (error) {
      if (isKeyTaken(error)) return conflicts;
      const isMaybeInUse = isKeyLocked(error) || (isKeyed && isLockTimeout(error, 'incidents'));
      throw batchSize === 1 && isMaybeInUse ? new IdempotencyKeyInUse() : error;
    }
  }
}
