import type { Request } from 'express';
import type { IncidentPage, IncidentQuery, PageStart } from '../../../application/incident/incident-list.js';
import { encodeCursor } from './cursor.js';

/** The largest `offset` of a list. */
export const MAX_OFFSET = 10_000;

/**
 * Sets the headers of a page of incidents: total, range, and links to the adjacent pages. The links use cursors, also on a page
 * by offset: they stay correct while incidents arrive.
 */
export function setPageHeaders(request: Request, query: IncidentQuery, page: IncidentPage): void {
  const { incidents, total, totalIsExact, next, previous } = page;
  const response = request.res!;
  response.setHeader('X-Total-Count', total);
  if (!totalIsExact) response.setHeader('X-Total-Count-Relation', 'gte');
  const range = rangeOf(query, incidents.length);
  response.setHeader('Content-Range', `incidents ${range}/${totalIsExact ? total : '*'}`);
  const { order } = query;
  const cursorOf = (start: PageStart | undefined) =>
    start && !('offset' in start) ? `cursor=${encodeCursor({ order, start })}` : undefined;
  const positions = { first: '', prev: cursorOf(previous), next: cursorOf(next) };
  setLinks(request, ['cursor', 'offset'], positions);
}

/** The number of incidents before a page by cursor is unknown, and too expensive to count. */
function rangeOf({ start }: IncidentQuery, length: number): string {
  return 'offset' in start && length > 0 ? `${start.offset}-${start.offset + length - 1}` : '*';
}

/**
 * Sets `Link` (RFC 8288) to the same request at other positions.
 * @param names of the query parameters of a position.
 * @param positions by relation, as query strings; a relation without one is left out.
 */
export function setLinks(
  request: Request,
  names: readonly string[],
  positions: Readonly<Record<string, string | undefined>>,
): void {
  const [path, query] = request.originalUrl.split('?');
  const parameters = new URLSearchParams(query);
  for (const name of names) parameters.delete(name);
  const others = parameters.toString();
  const links = Object.entries(positions).flatMap(([relation, position]) => {
    if (position === undefined) return [];
    const target = [others, position].filter(Boolean).join('&');
    return `<${path}${target && `?${target}`}>; rel="${relation}"`;
  });
  if (links.length > 0) request.res!.setHeader('Link', links.join(', '));
}
