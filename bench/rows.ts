import { Client } from 'pg';
import { interruption } from './interruption.ts';
import type { Postgres } from './postgres.ts';
import { formatNumber, logProgress } from './progress.ts';

const ROWS_PER_STATEMENT = 50_000;
const PROGRESS_INTERVAL_MS = 5_000;

// Plausible texts, statuses and sources for the n-th of all incidents; the last one was reported now. Most incidents are
// closed. The hashes make status and source independent of each other and the same in each run.
const PLAUSIBLE = `
  SELECT n,
    format((ARRAY[
      'Самокат #%s оффлайн', 'Касса в магазине %s не отвечает', 'Отчёт за смену %s не выгрузился',
      'Scooter #%s is offline', 'The point of sale %s does not answer', 'The report of shift %s was not exported',
      'Payments of shop %s are declined: the terminal says "no connection" after each card'
    ])[1 + abs(hashint8(n) % 7)], n) AS description,
    CASE WHEN s < 15 THEN 'NEW' WHEN s < 25 THEN 'IN_PROGRESS' WHEN s < 40 THEN 'RESOLVED' ELSE 'CLOSED' END AS status,
    CASE WHEN o < 5 THEN 'monitoring' WHEN o < 8 THEN 'operator' ELSE 'partner' END AS source,
    now() - ($3 - n) * interval '7 seconds' AS at
  FROM generate_series($1::bigint, $2::bigint) AS n,
    LATERAL (SELECT abs(hashint8(n * 31) % 100) AS s, abs(hashint8(n * 37 + 5) % 10) AS o) AS spread
  ORDER BY n`;

// Each incident has the history that the service would have written up to its status.
export const INTO_OURS = `
  WITH plausible AS (${PLAUSIBLE}),
  added AS (
    INSERT INTO incidents (description, status, source, version, created_at, updated_at)
    SELECT description, status::incident_status, source::incident_source,
      array_position(ARRAY['NEW', 'IN_PROGRESS', 'RESOLVED', 'CLOSED'], status), at, at
    FROM plausible ORDER BY n
    RETURNING id, description, version, created_at
  )
  INSERT INTO incident_events (incident_id, seq, type, at, actor, from_status, to_status, text)
  SELECT id, seq, type::incident_event_type, created_at, 'default', was::incident_status, became::incident_status,
    CASE seq WHEN 1 THEN description END
  FROM added JOIN (VALUES
    (1, 'reported', NULL, NULL),
    (2, 'status_changed', 'NEW', 'IN_PROGRESS'),
    (3, 'status_changed', 'IN_PROGRESS', 'RESOLVED'),
    (4, 'status_changed', 'RESOLVED', 'CLOSED')
  ) AS steps (seq, type, was, became) ON seq <= version`;

// Each incident was reported in one of three chats, more than a day ago, and nobody has taken it.
export const INTO_OURS_UNTAKEN = `
  WITH plausible AS (${PLAUSIBLE}),
  added AS (
    INSERT INTO incidents (description, status, source, version, created_at, updated_at, channel, origin)
    SELECT description, 'NEW', source::incident_source, 1, at, at, 'telegram', format('tg:-100%s:%s', n % 3, n)
    FROM (SELECT n, description, source, at - interval '1 day' AS at FROM plausible) AS earlier ORDER BY n
    RETURNING id, description, created_at, channel
  )
  INSERT INTO incident_events (incident_id, seq, type, at, actor, channel, text)
  SELECT id, 1, 'reported', created_at, 'default', channel, description FROM added`;

export const INTO_FASTAPI = `
  INSERT INTO incidents (description, status, source, created_at)
  SELECT description, status, source, at FROM (${PLAUSIBLE}) AS plausible ORDER BY n`;

export const INTO_GO = `
  WITH added AS (
    INSERT INTO incidents (description, status, source, created_at, updated_at, version)
    SELECT description, status, source, at, at, 1 FROM (${PLAUSIBLE}) AS plausible ORDER BY n
    RETURNING id, description, created_at
  )
  INSERT INTO incident_events SELECT id, 1, 'reported', created_at, 'admin', description FROM added`;

/** Fills an empty database by one of the statements above; the ids are 1 to `rows`. */
export async function fill(
  postgres: Pick<Postgres, 'connection'>,
  database: string,
  rows: number,
  statement: string,
): Promise<void> {
  const client = new Client(postgres.connection(database));
  await client.connect();
  try {
    const startedAt = performance.now();
    let progressAt = startedAt;
    for (let first = 1; first <= rows; first += ROWS_PER_STATEMENT) {
      interruption.throwIfAborted();
      const last = Math.min(first + ROWS_PER_STATEMENT - 1, rows);
      await client.query(statement, [first, last, rows]);
      if (performance.now() - progressAt > PROGRESS_INTERVAL_MS && last < rows) {
        progressAt = performance.now();
        const remainingSeconds = Math.ceil((((progressAt - startedAt) / last) * (rows - last)) / 1_000);
        logProgress(
          `  ${formatNumber(last)} of ${formatNumber(rows)} rows, about ${remainingSeconds} s left`,
        );
      }
    }
    // Otherwise autovacuum would do this during a measurement.
    await client.query('VACUUM (ANALYZE)');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}
