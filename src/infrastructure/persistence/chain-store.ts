import { IdempotencyKeyInUse } from '../../domain/idempotency.js';
import type { IncidentId } from '../../domain/incident/incident.js';
import type { RegisterMetrics } from '../metrics/register-metrics.js';
import { type Chain, claimsOf, valuesOf } from './change-chains.js';
import type { Database } from './database.js';
import { isKeyHeld, isKeyTaken, keyPatience } from './idempotency-records.js';
import { SAVE, SAVE_ONCE } from './incident-statements.js';

/** Where the changes of many incidents are saved together. */
export class ChainStore {
  constructor(
    private readonly database: Database,
    private readonly metrics: RegisterMetrics,
  ) {}

  /**
   * The ids of those that were saved, all in one transaction: of those that were changed meanwhile nothing is kept, and
   * nothing of any where one of the idempotency keys is taken meanwhile.
   * @throws IdempotencyKeyInUse where the key of a single one is held by another.
   */
  async save(chains: readonly Chain[], deadline: number): Promise<ReadonlySet<IncidentId>> {
    if (chains.length === 0) return new Set();
    const isKeyed = chains.some(({ claims }) => claims.length > 0);
    const values = isKeyed
      ? [...valuesOf(chains), ...claimsOf(chains), keyPatience(chains.length)]
      : valuesOf(chains);
    try {
      const rows = await this.database.change<{ id: number }>(isKeyed ? SAVE_ONCE : SAVE, values, deadline);
      const saved = new Set(rows.map(({ id }) => id));
      for (const { from, events } of chains) if (saved.has(from.id)) this.metrics.changed(events);
      return saved;
    } catch (error) {
      if (isKeyTaken(error)) return new Set();
      throw chains.length === 1 && isKeyHeld(error) ? new IdempotencyKeyInUse() : error;
    }
  }
}
