import type { Request, Response } from 'express';
import type { IncidentPage } from '../../application/ports/incident-list.js';

/** How far `offset` reaches. */
export const MAX_OFFSET = 10_000;

interface Position {
  readonly limit: number;
  readonly offset: number;
}

/** Says where a page of incidents stands in the whole: total, range and links to the pages around it. */
export function describePage(
  request: Request,
  response: Response,
  page: IncidentPage,
  position: Position,
): void {
  const { incidents, total, totalIsExact } = page;
  const { limit, offset } = position;
  const range = incidents.length > 0 ? `${offset}-${offset + incidents.length - 1}` : '*';
  response.setHeader('X-Total-Count', total);
  if (!totalIsExact) response.setHeader('X-Total-Count-Relation', 'gte');
  response.setHeader('Content-Range', `incidents ${range}/${totalIsExact ? total : '*'}`);
  const more = incidents.length === limit && (!totalIsExact || offset + limit < total);
  setLinks(request, response, {
    first: { offset: 0 },
    prev: offset > 0 ? { offset: Math.max(offset - limit, 0) } : undefined,
    next: more && offset + limit <= MAX_OFFSET ? { offset: offset + limit } : undefined,
  });
}

type Links = Readonly<Record<string, Readonly<Record<string, number>> | undefined>>;

/** Sets `Link` (RFC 8288) to this same request with other parameters; a link without parameters is left out. */
export function setLinks(request: Request, response: Response, links: Links): void {
  const [path, query] = request.originalUrl.split('?');
  const parts = Object.entries(links).flatMap(([relation, parameters]) => {
    if (!parameters) return [];
    const changed = new URLSearchParams(query);
    for (const [name, value] of Object.entries(parameters)) changed.set(name, String(value));
    return `<${path}?${changed.toString()}>; rel="${relation}"`;
  });
  if (parts.length > 0) response.setHeader('Link', parts.join(', '));
}
