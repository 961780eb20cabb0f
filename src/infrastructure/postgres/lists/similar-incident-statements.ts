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
/** The maximum number of texts that are read by the index: each takes about 0.05 ms. */
const MAX_MATCHES = 3_000;
/** The number of asset numbers that are looked up in the index, from the beginning of the text. */
const MAX_INDEXED_NUMBERS = 3;

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

/** The digits of the asset numbers of an incident, each once. */
function digitsOf({ text }: SimilarQuery): readonly string[] {
  const digits = assetNumbersIn(comparedPartOf(text)).map((number) => number.replace(/^.*-/, ''));
  return [...new Set(digits)];
}

/** The numbers of an incident that are looked up in the index. */
export function indexedNumbersOf(query: SimilarQuery): readonly string[] {
  return digitsOf(query).slice(0, MAX_INDEXED_NUMBERS);
}

/** The candidates among all open incidents whose first report has one of these numbers as a word. */
export function similarByNumber(
  query: SimilarQuery,
  numbers: readonly string[],
  timeoutMs: number,
): SetUpStatement {
  const isWord = numbers.map((number) => `incident_search_key(text) %>> ${literal(number)}`);
  return candidates(query, openByIndex(`(${isWord.join(' OR ')})`), timeoutMs);
}

/** The candidates among all open incidents whose first report shares enough trigrams with this one. */
export function similarByText(query: SimilarQuery, timeoutMs: number): SetUpStatement {
  const key = keyOf(query);
  // Without trigrams, PostgreSQL would read the whole index.
  const condition = `incident_search_key(text) % ${key} AND cardinality(show_trgm(${key})) > 0`;
  return candidates(query, openByIndex(condition), timeoutMs);
}

/** The open incidents whose first report fulfils a condition that the trigram index has. */
function openByIndex(condition: string): string {
  return `SELECT id, text
     FROM (
       SELECT incident_id, text FROM incident_events
       WHERE ${condition} AND type IN ('reported', 'description_appended') AND seq = 1
       LIMIT ${MAX_MATCHES}
     ) AS match
     JOIN incidents ON id = incident_id AND ${IS_OPEN}`;
}

/** The first candidates among these incidents, but for the incident itself. The score is roughly that of `similarityOf`. */
function candidates(query: SimilarQuery, incidents: string, timeoutMs: number): SetUpStatement {
  const numbers = digitsOf(query);
  const [isSame, mayDiffer] =
    numbers.length > 0
      ? [`text ~ '(^|[^0-9])(${numbers.join('|')})($|[^0-9])'`, `text ~ '[0-9]'`]
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
  return { settings: settings(numbers.length > 0, timeoutMs), text };
}

function keyOf({ text }: SimilarQuery): string {
  return `incident_search_key(${literal(comparedPartOf(text))})`;
}

function settings(hasNumbers: boolean, timeoutMs: number): Settings {
  return {
    ...PLANNED_EACH_TIME,
    // Otherwise all open incidents would be read, to join them to a few texts.
    enable_hashjoin: 'off',
    enable_mergejoin: 'off',
    // A text with different asset numbers has to be twice as similar, and most texts have some.
    'pg_trgm.similarity_threshold': String(hasNumbers ? 2 * MIN_SIMILARITY : MIN_SIMILARITY),
    'pg_trgm.strict_word_similarity_threshold': '1',
    statement_timeout: String(Math.ceil(timeoutMs)),
  };
}
