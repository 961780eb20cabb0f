import type { TestDatabase } from './databases.js';
import { until } from './until.js';

/** Takes the lock of whoever places events: until the transaction ends, nobody else does. */
export const HOLD_PLACING = `SELECT pg_advisory_xact_lock(${BigInt(`0x${Buffer.from('inc feed').toString('hex')}`)})`;

/** Resolves when all that was committed has its position in the feed. */
export async function untilPlaced(database: TestDatabase): Promise<void> {
  await until(async () => (await database.query('SELECT FROM feed_queue')).length === 0);
}

/** Puts the report of an incident into the feed so many hundred times more. */
export async function repeatReport(database: TestDatabase, id: number, hundreds: number): Promise<void> {
  await database.query(
    `INSERT INTO feed_queue (incident_ids, seqs)
     SELECT array_fill($1::bigint, ARRAY[100]), array_fill(1, ARRAY[100]) FROM generate_series(1, $2)`,
    [id, hundreds],
  );
  await untilPlaced(database);
}

/** The ids of all events in the feed, `17-2`, in its order. */
export async function feedOrder(database: TestDatabase): Promise<string[]> {
  const rows = await database.query<{ id: string }>(`
    SELECT incident_id || '-' || seq AS id
    FROM feed, unnest(incident_ids, seqs) WITH ORDINALITY AS event (incident_id, seq, n)
    ORDER BY last_position, n`);
  return rows.map(({ id }) => id);
}
