import type {
  IncidentFilters,
  IncidentQuery,
  PageStart,
} from '../../../application/incident/incident-list.js';
import { decodeCursor } from '../../http/paging/cursor.js';
import { invalidInput } from '../../http/problems/problems.js';
import { assigneeIn } from '../../http/validation/text-fields.js';
import { parseTimestamp } from '../../http/validation/timestamps.js';
import { type ListIncidentsQuery, SORTS } from './incident-requests.dto.js';

/**
 * Converts the query parameters of a list.
 * @param actor who `me` is.
 * @throws HttpProblem if they contradict each other.
 */
export function toIncidentQuery(query: ListIncidentsQuery, actor: string): IncidentQuery {
  const filters = {
    statuses: query.status,
    sources: query.source,
    channels: query.channel,
    dedupKey: query.dedup_key,
    assignee: assigneeIn(query.assignee, actor),
    urgent: query.urgent,
    untaken: query.untaken,
    duplicateOf: query.duplicate_of,
    origin: query.origin,
    chats: query.chat,
    createdFrom: parseTimestamp(query.created_from),
    createdTo: parseTimestamp(query.created_to),
  } satisfies Record<keyof IncidentFilters, unknown>;
  const order = SORTS[query.sort];
  if (order === 'attention' && query.q !== undefined)
    throw invalidInput('query', 'sort', 'sort must not be attention in a search');
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
