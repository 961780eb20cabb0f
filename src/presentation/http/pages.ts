import type { Request, Response } from 'express';
import type { IncidentPage, IncidentQuery } from '../../application/ports/incident-list.js';
import { type Cursor, encodeCursor } from './cursor.js';

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
  const { incidents, total, totalIsExact, hasNext, hasPrevious } = page;
  const [first, last] = [incidents[0], incidents.at(-1)];
  response.setHeader('X-Total-Count', total);
  if (!totalIsExact) response.setHeader('X-Total-Count-Relation', 'gte');
  response.setHeader(
    'Content-Range',
    `incidents ${rangeOf(query, incidents.length)}/${totalIsExact ? total : '*'}`,
  );
  const { order } = query;
  const by = (start: Cursor['start']) => ({ cursor: encodeCursor({ order, start }), offset: undefined });
  setLinks(request, response, {
    first: { cursor: undefined, offset: undefined },
    prev: hasPrevious && first ? by({ before: first }) : undefined,
    next: hasNext && last ? by({ after: last }) : undefined,
  });
}

/** How many incidents are before a page by cursor is not known, and not worth counting. */
function rangeOf({ start }: IncidentQuery, length: number): string {
  return 'offset' in start && length > 0 ? `${start.offset}-${start.offset + length - 1}` : '*';
}

type Links = Readonly<Record<string, Readonly<Record<string, number | string | undefined>> | undefined>>;

/** Sets `Link` (RFC 8288) to this same request with other parameters; a link without parameters is left out. */
export function setLinks(request: Request, response: Response, links: Links): void {
  const [path, query] = request.originalUrl.split('?');
  const parts = Object.entries(links).flatMap(([relation, parameters]) => {
    if (!parameters) return [];
    const changed = new URLSearchParams(query);
    for (const [name, value] of Object.entries(parameters)) {
      if (value === undefined) changed.delete(name);
      else changed.set(name, String(value));
    }
    return `<${[path, changed.toString()].filter(Boolean).join('?')}>; rel="${relation}"`;
  });
  if (parts.length > 0) response.setHeader('Link', parts.join(', '));
}
