import { IdempotencyKeyInUse } from '../../../domain/incident/idempotency.js';
import type { IncidentId } from '../../../domain/incident/incident.js';
import type { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import { type Chain, keyReservationsOf, valuesOf } from './change-chains.js';
import { isLockTimeout } from '../connection/database-errors.js';
import type { Database } from '../connection/database.js';
import { isKeyHeld, isKeyTaken, keyLockTimeout } from '../idempotency/idempotency-records.js';
import { SAVE, SAVE_ONCE } from './incident-statements.js';

/** Where the changes of many incidents are saved together. */
export class PendingChanges {
  constructor(
    private readonly database: Database,
    private readonly metrics: IncidentMetrics,
  ) {}

  /**
   * The ids of those that were saved, all in one transaction: of those that were changed meanwhile nothing is kept, and
   * nothing of any where one of the idempotency keys is taken meanwhile.
   * @param requests of which these are the changes: where there are several, each is asked for again alone.
   * @throws IdempotencyKeyInUse where a single one with a key could not be had in time: whoever holds it may be at the
   * same request, of which nothing can be seen before it is committed.
   */
  async save(chains: readonly Chain[], requests: number, deadline: number): Promise<ReadonlySet<IncidentId>> {
    if (chains.length === 0) return new Set();
    const isKeyed = chains.some(({ claims }) => claims.length > 0);
    const values = isKeyed
      ? [...valuesOf(chains), ...keyReservationsOf(chains), keyLockTimeout(requests)]
      : valuesOf(chains);
    try {
      const rows = await this.database.change<{ id: number }>(isKeyed ? SAVE_ONCE : SAVE, values, deadline);
      const saved = new Set(rows.map(({ id }) => id));
      for (const { from, events } of chains) if (saved.has(from.id)) this.metrics.changed(events);
      return saved;
    } catch (error) {
      if (isKeyTaken(error)) return new Set();
      const mayBeAtIt = isKeyHeld(error) || (isKeyed && isLockTimeout(error, 'incidents'));
      throw requests === 1 && mayBeAtIt ? new IdempotencyKeyInUse() : error;
    }
  }
}
