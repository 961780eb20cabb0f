import type { IncidentQuery, PageStart } from '../../../application/incident/incident-list.js';
import { decodeCursor } from '../../http/paging/cursor.js';
import { filtersOf, type ListIncidentsQuery, SORTS } from './incidents.dto.js';
import { invalidRequest } from '../../http/problems/problems.js';

/**
 * Converts the query parameters of a list.
 * @param actor who `me` is.
 * @throws HttpProblem if they contradict each other.
 */
export function toIncidentQuery(query: ListIncidentsQuery, actor: string): IncidentQuery {
  const order = SORTS[query.sort];
  if (order === 'attention' && query.q !== undefined) {
    throw invalidRequest([{ in: 'query', pointer: '/sort', detail: 'sort must not be attention with q' }]);
  }
  return {
    ...filtersOf(query, actor),
    text: query.q,
    order,
    limit: query.limit,
    start: startOf(query, order),
  };
}

function startOf({ cursor: text, offset }: ListIncidentsQuery, order: IncidentQuery['order']): PageStart {
  if (text === undefined) return { offset: offset ?? 0 };
  const cursor = decodeCursor(text)!;
  if (offset !== undefined) throw invalidCursor('cursor and offset exclude each other');
  if (cursor.order !== order) throw invalidCursor('cursor belongs to another sort');
  return cursor.start;
}

const invalidCursor = (detail: string) => invalidRequest([{ in: 'query', pointer: '/cursor', detail }]);
