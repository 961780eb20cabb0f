import { type IncidentQuery, MAX_COUNTED } from '../../../application/incident/incident-list.js';
import { ATTENTION } from '../incidents/incident-columns.js';
import { COLUMNS } from '../incidents/incident-statements.js';
import {
  branchOrderOf,
  filterConditions,
  orderOf,
  pageBranches,
  PLANNED_EACH_TIME,
  positionOf,
  unionOf,
  where,
} from './list-conditions.js';
import type { Settings } from '../connection/server-check.js';
import type { SetUpStatement } from '../connection/statement.js';
import { literal } from '../connection/sql-literal.js';

/** The query of a list that is searched for a text. */
export type TextQuery = IncidentQuery & { readonly text: string };

const BOUND = MAX_COUNTED + 1;
/** The maximum number of matching texts that are read: beyond it, counting costs more than the page. */
const MAX_MATCHES = 2 * BOUND;

// The index has the trigrams of texts: three letters or digits in a row, where the start of a word counts as two
// and its end as one; each CJK character is a word.
const HAS_TRIGRAM =
  /[\p{L}\p{N}]{3}|[^\p{L}\p{N}][\p{L}\p{N}]|[\p{L}\p{N}]{2}[^\p{L}\p{N}]|[\u2E80-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\u{20000}-\u{3FFFF}]/u;

/** Whether the index can find this text; otherwise the incidents are scanned. */
export const isIndexed = (text: string): boolean => HAS_TRIGRAM.test(text);

/**
 * Finds hits by the index, in one statement: the positions of the hits on the page, with their `total` on each row. `isOver`
 * means that there are too many hits to find the page this way; without `isKnown` the index cannot know the text, and finds nothing.
 */
export function hitsByIndex(query: TextQuery, timeoutMs: number): SetUpStatement {
  const order = orderOf(query);
  const offset = 'offset' in query.start ? query.start.offset : 0;
  const pattern = patternOf(query.text);
  // If the locale of the database does not know these characters, PostgreSQL would read the whole index.
  const isKnown = `cardinality(show_trgm(incident_search_key(${pattern}))) > 0`;
  const text = `
    WITH match AS MATERIALIZED (
      SELECT incident_id FROM incident_events
      WHERE incident_search_key(text) LIKE incident_search_key(${pattern})
        AND incident_search_text(text) LIKE incident_search_text(${pattern})
        AND type IN ('reported', 'description_appended') AND ${isKnown}
      LIMIT ${MAX_MATCHES}
    ), hit AS MATERIALIZED (
      SELECT id, created_at FROM incidents
      ${where(['id IN (SELECT incident_id FROM match)', ...filterConditions(query, literal)])} LIMIT ${BOUND}
    ), total AS MATERIALIZED (
      SELECT (SELECT count(*) FROM hit) AS total,
        ${isKnown} AS "isKnown",
        (SELECT count(*) FROM hit) = ${BOUND} OR (SELECT count(*) FROM match) = ${MAX_MATCHES} AS "isOver"
    ), page AS (
      SELECT * FROM hit ${where([...positionOf(query, literal), '(SELECT NOT "isOver" FROM total)'])}
      ${order} LIMIT ${query.limit + 1} OFFSET ${offset}
    )
    SELECT total.*, page.* FROM total LEFT JOIN page ON true ${order}`;
  return { settings: settings(timeoutMs), text };
}

/**
 * Scans so many incidents in the order of the list, from the start of the query, and returns the positions of hits, up to a limit; a
 * scan without hits returns one row. The index of one filter finds the incidents; a hit passes all filters, and has the text if there
 * is one. The position of the last scanned incident is in the columns that begin with `edge`; null at the end of the list.
 */
export function hitsByScan(
  query: IncidentQuery,
  scanRows: number,
  limit: number,
  timeoutMs: number,
): SetUpStatement {
  const order = orderOf(query);
  const isByAttention = query.order === 'attention';
  const [attention, position] = isByAttention
    ? [`, ${ATTENTION} AS attention`, 'id, created_at, attention']
    : ['', 'id, created_at'];
  const branches = pageBranches(query, literal, 'indexed');
  const read = (columns: string) =>
    unionOf(branches, columns + attention, `${branchOrderOf(query)} LIMIT ${scanRows}`);
  const conditions = filterConditions(query, literal);
  if (query.text !== undefined) {
    // The description consists of the texts in the index.
    const pattern = patternOf(query.text);
    conditions.push(`incident_search_text(description) LIKE incident_search_text(${pattern})`);
  }
  const text = `
    SELECT edge.created_at AS "edgeAt", edge.id AS "edgeId", ${isByAttention ? 'edge.attention' : 'NULL'} AS "edgeAttention", hit.*
    FROM (VALUES (1)) AS one
    LEFT JOIN (
      SELECT ${position} FROM (${read('id, created_at')}) AS branches ${order} LIMIT 1 OFFSET ${scanRows - 1}
    ) AS edge ON true
    LEFT JOIN (
      SELECT ${position} FROM (
        SELECT * FROM (${read(COLUMNS)}) AS branches ${order} LIMIT ${scanRows}
      ) AS read
      ${where(conditions)} LIMIT ${limit}
    ) AS hit ON true
    ${order}`;
  return { settings: settings(timeoutMs), text };
}

function patternOf(text: string): string {
  return literal(`%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
}

function settings(timeoutMs: number): Settings {
  return { ...PLANNED_EACH_TIME, statement_timeout: String(Math.ceil(timeoutMs)) };
}
