import type { SimilarQuery } from '../../../application/incident/similar-incidents.js';
import { INCIDENT_STATUSES, isOpen } from '../../../domain/incident/incident-status.js';
import {
  assetNumbersIn,
  comparedPartOf,
  MAX_COMPARED_LENGTH,
  MIN_SIMILARITY,
} from '../../../domain/incident/similarity.js';
import type { Settings } from '../connection/server-check.js';
import { literal } from '../connection/sql-literal.js';
import type { SetUpStatement } from '../connection/statement.js';
import { orderOf, pageBranches, PLANNED_EACH_TIME, unionOf } from './list-conditions.js';

/** The number of candidates that a statement returns: more than are shown, since SQL ranks them roughly. */
const MAX_CANDIDATES = 30;
/** The maximum number of texts that are read by the index. */
const MAX_MATCHES = 20_000;

const OPEN_STATUSES = INCIDENT_STATUSES.filter(isOpen);
const NEWEST_OPEN = {
  statuses: OPEN_STATUSES,
  order: 'newest-first',
  start: { offset: 0 },
  limit: MAX_CANDIDATES,
} as const;
const IS_OPEN = `status IN (${OPEN_STATUSES.map((status) => `'${status}'`).join(', ')})`;

/** The candidates among the newest open incidents, and the number of incidents `read` on each row. */
export function similarByScan(query: SimilarQuery, scanRows: number, timeoutMs: number): SetUpStatement {
  const order = orderOf(NEWEST_OPEN);
  const newest = unionOf(pageBranches(NEWEST_OPEN, literal), 'id, created_at', `${order} LIMIT ${scanRows}`);
  return candidates(
    query,
    `SELECT newest.id, text
     FROM (SELECT id, created_at FROM (${newest}) AS branches ${order} LIMIT ${scanRows}) AS newest
     JOIN incident_events ON incident_id = newest.id AND seq = 1`,
    timeoutMs,
  );
}

/** The candidates among all open incidents whose first report shares enough trigrams with this one. */
export function similarByIndex(query: SimilarQuery, timeoutMs: number): SetUpStatement {
  const key = keyOf(query);
  // Without trigrams, PostgreSQL would read the whole index.
  return candidates(
    query,
    `SELECT id, text
     FROM (
       SELECT incident_id, text FROM incident_events
       WHERE incident_search_key(text) % ${key} AND cardinality(show_trgm(${key})) > 0
         AND type IN ('reported', 'description_appended') AND seq = 1
       LIMIT ${MAX_MATCHES}
     ) AS match
     JOIN incidents ON id = incident_id AND ${IS_OPEN}`,
    timeoutMs,
  );
}

/** The first candidates among these incidents, but for the incident itself. The score is roughly that of `similarityOf`. */
function candidates(query: SimilarQuery, incidents: string, timeoutMs: number): SetUpStatement {
  const numbers = assetNumbersIn(comparedPartOf(query.text));
  const alternatives = numbers.map((number) => number.replace('-', '-?')).join('|');
  const [isSame, mayDiffer] =
    numbers.length > 0
      ? [`incident_search_text(text) ~ '(^|[^[:alnum:]])(${alternatives})($|[^[:alnum:]])'`, `text ~ '[0-9]'`]
      : ['false', 'false'];
  // OFFSET 0 makes PostgreSQL compute each expression once for each text.
  const text = `
    SELECT id, text, "textSimilarity", read
    FROM (
      SELECT *, CASE WHEN ${isSame} THEN (1 + "textSimilarity") / 2
          WHEN ${mayDiffer} THEN "textSimilarity" / 2 ELSE "textSimilarity" END AS score
      FROM (
        SELECT *, similarity(incident_search_key(text), ${keyOf(query)})::float8 AS "textSimilarity",
          count(*) OVER () AS read
        FROM (SELECT id, left(text, ${MAX_COMPARED_LENGTH}) AS text FROM (${incidents}) AS incidents OFFSET 0) AS compared
        OFFSET 0
      ) AS measured
      OFFSET 0
    ) AS scored
    WHERE score >= ${MIN_SIMILARITY} AND id <> ${literal(query.id)}
    ORDER BY score DESC, id DESC LIMIT ${MAX_CANDIDATES}`;
  return { settings: settings(timeoutMs), text };
}

function keyOf({ text }: SimilarQuery): string {
  return `incident_search_key(${literal(comparedPartOf(text))})`;
}

function settings(timeoutMs: number): Settings {
  return {
    ...PLANNED_EACH_TIME,
    'pg_trgm.similarity_threshold': String(MIN_SIMILARITY),
    statement_timeout: String(Math.ceil(timeoutMs)),
  };
}
