import { columnNames } from '../connection/array-parameters.js';
import { ALL_COLUMNS } from './incident-columns.js';
import { INCIDENT_EVENT_COLUMNS } from './incident-event-columns.js';
import { prepared } from '../connection/statement.js';

/** The columns that an incident is read from. */
export const COLUMNS: string = columnNames(ALL_COLUMNS);

/** The columns that an event of a history is read from. */
export const EVENT_COLUMNS: string = columnNames(INCIDENT_EVENT_COLUMNS);

/** The maximum size of the descriptions of a page, unless it has one incident. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * The columns of the incidents of a page in this order. `isBeyond` are those with which it would have too many bytes: they come
 * without a description, to show where the next page begins.
 */
export function pageColumns(order: string): string {
  const bytes = `sum(octet_length(description)) OVER (${order} ROWS UNBOUNDED PRECEDING)`;
  const isBeyond = `(${bytes} > ${MAX_PAGE_BYTES} AND row_number() OVER (${order}) > 1)`;
  const columns = ALL_COLUMNS.map(({ name }) =>
    name === 'description' ? `CASE WHEN ${isBeyond} THEN '' ELSE description END AS description` : name,
  );
  return `${columns.join(', ')}, ${isBeyond} AS "isBeyond"`;
}

/** The incidents of a page, by their ids in its order. */
export const PAGE_BY_IDS = prepared(`
  SELECT ${pageColumns('ORDER BY n')}
  FROM unnest($1::bigint[]) WITH ORDINALITY AS requested (id, n) JOIN incidents USING (id)
  ORDER BY n`);

/** The incidents that have these channels and deduplication keys and are not closed. */
export const FIND_OPEN = prepared(`
  SELECT ${COLUMNS} FROM unnest($1::text[], $2::text[]) AS requested (channel, dedup_key)
  JOIN incidents USING (channel, dedup_key) WHERE status <> 'CLOSED'`);

export const FIND = prepared(`SELECT ${COLUMNS} FROM incidents WHERE id = ANY($1::bigint[])`);

/** The incident with the first id, and the original of the one with the second, at the end of its chain of duplicates. */
export const FIND_WITH_ORIGINAL = prepared(`
  WITH RECURSIVE chain AS (
    SELECT id, duplicate_of FROM incidents WHERE id = $2
    UNION
    SELECT incidents.id, incidents.duplicate_of FROM chain JOIN incidents ON incidents.id = chain.duplicate_of
  )
  SELECT ${COLUMNS}, id = $1 AS "isIncident", duplicate_of IS NULL AND id IN (SELECT id FROM chain) AS "isOriginal"
  FROM incidents WHERE id = $1 OR id = (SELECT id FROM chain WHERE duplicate_of IS NULL)`);

/** The incident that the request with this scope and key has created or changed. */
export const FIND_BY_REQUEST = prepared(`
  SELECT ${COLUMNS} FROM incidents
  WHERE id = (SELECT incident_id FROM idempotency_records WHERE scope = $1 AND key = $2)`);
