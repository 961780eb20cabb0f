import type { IncidentQuery, PageStart } from '../../../application/incident/incident-list.js';
import { decodeCursor } from '../../http/paging/cursor.js';
import { filtersOf, type ListIncidentsQuery } from './incidents.dto.js';
import { invalidRequest } from '../../http/problems/problems.js';

/** What the parameters of a list ask for. */
export function toIncidentQuery(query: ListIncidentsQuery): IncidentQuery {
  const order = query.sort === '-created_at' ? 'newest-first' : 'oldest-first';
  return {
    ...filtersOf(query),
    text: query.q,
    order,
    limit: query.limit,
    start: startOf(query, order),
  };
}

function startOf({ cursor: text, offset }: ListIncidentsQuery, order: IncidentQuery['order']): PageStart {
  if (text === undefined) return { offset: offset ?? 0 };
  const cursor = decodeCursor(text)!;
  const problem =
    offset !== undefined
      ? 'cursor and offset exclude each other'
      : cursor.order !== order
        ? 'cursor belongs to another sort'
        : undefined;
  if (problem) throw invalidRequest([{ in: 'query', pointer: '/cursor', detail: problem }]);
  return cursor.start;
}
