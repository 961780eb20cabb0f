import type {
  IncidentFilters,
  IncidentQuery,
  PageStart,
} from '../../../application/incident/incident-list.js';
import { decodeCursor } from '../../http/paging/cursor.js';
import { invalidInput } from '../../http/problems/problems.js';
import { parseTimestamp } from '../../http/validation/timestamps.js';
import type { ListIncidentsQuery } from './incident-requests.dto.js';

/** Converts the query parameters of a list. @throws HttpProblem if they contradict each other. */
export function toIncidentQuery(query: ListIncidentsQuery): IncidentQuery {
  const filters = {
    statuses: query.status,
    sources: query.source,
    dedupKey: query.dedup_key,
    createdFrom: parseTimestamp(query.created_from),
    createdTo: parseTimestamp(query.created_to),
  } satisfies Record<keyof IncidentFilters, unknown>;
  const order = query.sort === '-created_at' ? 'newest-first' : 'oldest-first';
  return { ...filters, text: query.q, order, limit: query.limit, start: startOf(query, order) };
}

function startOf({ cursor: text, offset }: ListIncidentsQuery, order: IncidentQuery['order']): PageStart {
  if (text === undefined) return { offset: offset ?? 0 };
  const cursor = decodeCursor(text)!;
  if (offset !== undefined) throw invalidCursor('cursor and offset exclude each other');
  if (cursor.order !== order) throw invalidCursor('cursor belongs to another sort');
  return cursor.start;
}

const invalidCursor = (detail: string) => invalidInput('query', 'cursor', detail);
