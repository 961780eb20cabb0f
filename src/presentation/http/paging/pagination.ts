import type { Request, Response } from 'express';
import type { IncidentPage, IncidentQuery, PageStart } from '../../../application/incident/incident-list.js';
import { encodeCursor } from './cursor.js';

/** How far `offset` reaches. */
export const MAX_OFFSET = 10_000;

/**
 * Says where a page of incidents stands in the whole: total, range, and links to the pages around it. These lead by
 * cursor, also from a page by offset: they stay right while incidents arrive.
 */
export function describePage(
  request: Request,
  response: Response,
  query: IncidentQuery,
  page: IncidentPage,
): void {
  const { incidents, total, totalIsExact, next, previous } = page;
  response.setHeader('X-Total-Count', total);
  if (!totalIsExact) response.setHeader('X-Total-Count-Relation', 'gte');
  response.setHeader(
    'Content-Range',
    `incidents ${rangeOf(query, incidents.length)}/${totalIsExact ? total : '*'}`,
  );
  const { order } = query;
  const by = (start: PageStart | undefined) =>
    start && !('offset' in start) ? `cursor=${encodeCursor({ order, start })}` : undefined;
  setLinks(request, response, ['cursor', 'offset'], {
    first: '',
    prev: by(previous),
    next: by(next),
  });
}

/** How many incidents are before a page by cursor is not known, and not worth counting. */
function rangeOf({ start }: IncidentQuery, length: number): string {
  return 'offset' in start && length > 0 ? `${start.offset}-${start.offset + length - 1}` : '*';
}

/**
 * Sets `Link` (RFC 8288) to this same request from other positions.
 * @param names the parameters that make up a position.
 * @param positions of each relation, as they stand in a query; a relation that has none is left out.
 */
export function setLinks(
  request: Request,
  response: Response,
  names: readonly string[],
  positions: Readonly<Record<string, string | undefined>>,
): void {
  const [path, query] = request.originalUrl.split('?');
  const kept = new URLSearchParams(query);
  for (const name of names) kept.delete(name);
  const rest = kept.toString();
  const links = Object.entries(positions).flatMap(([relation, position]) => {
    if (position === undefined) return [];
    const target = [rest, position].filter(Boolean).join('&');
    return `<${path}${target && `?${target}`}>; rel="${relation}"`;
  });
  if (links.length > 0) response.setHeader('Link', links.join(', '));
}
