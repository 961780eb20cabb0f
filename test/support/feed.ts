import type { TestDatabase } from './databases.js';
import { until } from './until.js';

/** Acquires the lock for placing events: no process places events until the transaction ends. */
export const LOCK_PLACING = `SELECT pg_advisory_xact_lock(${BigInt(`0x${Buffer.from('inc feed').toString('hex')}`)})`;

/** Resolves once all committed events have a position in the feed. */
export async function untilPlaced(database: TestDatabase): Promise<void> {
  await until(async () => (await database.query('SELECT FROM feed_queue')).length === 0);
}

/** Resolves once the consumers of the service have read all events, so that the feed can be trimmed. */
export async function untilReadByService(database: TestDatabase): Promise<void> {
  await untilPlaced(database);
  await until(async () => {
    const rows = await database.query(
      `SELECT FROM feed_consumers, feed_state WHERE name = 'attention' AND position = latest`,
    );
    return rows.length > 0;
  });
}

/** Adds the report of an incident to the feed again, in multiples of a hundred. */
export async function repeatReport(database: TestDatabase, id: number, hundreds: number): Promise<void> {
  await database.query(
    `INSERT INTO feed_queue (incident_ids, seqs)
     SELECT array_fill($1::bigint, ARRAY[100]), array_fill(1, ARRAY[100]) FROM generate_series(1, $2)`,
    [id, hundreds],
  );
  await untilPlaced(database);
}

/** The ids of all events, such as `17-2`, in the order of the feed. */
export async function feedOrder(database: Pick<TestDatabase, 'query'>): Promise<string[]> {
  const rows = await database.query<{ id: string }>(`
    SELECT incident_id || '-' || seq AS id
    FROM feed, unnest(incident_ids, seqs) WITH ORDINALITY AS event (incident_id, seq, n)
    ORDER BY last_position, n`);
  return rows.map(({ id }) => id);
}
