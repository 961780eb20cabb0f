import type { Request } from 'express';
import type { IncidentPage, IncidentQuery, PageStart } from '../../../application/incident/incident-list.js';
import { encodeCursor } from './cursor.js';

/** The largest `offset` of a list. */
export const MAX_OFFSET = 10_000;

type Headers = readonly (readonly [name: string, value: string | number])[];

/** The headers of pages for the request that was answered last. */
const lastHeaders = new WeakMap<IncidentPage, { readonly url: string; readonly headers: Headers }>();

/**
 * Sets the headers of a page of incidents: total, range, and links to the adjacent pages. The links use cursors, also on a page
 * by offset: they stay correct while incidents arrive. Requests with one URL that share a read share its headers.
 */
export function setPageHeaders(request: Request, query: IncidentQuery, page: IncidentPage): void {
  const url = request.originalUrl;
  const last = lastHeaders.get(page);
  const headers = last?.url === url ? last.headers : headersOf(url, query, page);
  if (headers !== last?.headers) lastHeaders.set(page, { url, headers });
  for (const [name, value] of headers) request.res!.setHeader(name, value);
}

function headersOf(url: string, query: IncidentQuery, page: IncidentPage): Headers {
  const { incidents, total, totalIsExact, next, previous } = page;
  const { order } = query;
  const cursorOf = (start: PageStart | undefined) =>
    start && !('offset' in start) ? `cursor=${encodeCursor({ order, start })}` : undefined;
  const positions = { first: '', prev: cursorOf(previous), next: cursorOf(next) };
  return [
    ['X-Total-Count', total],
    ...(totalIsExact ? [] : ([['X-Total-Count-Relation', 'gte']] as const)),
    ['Content-Range', `incidents ${rangeOf(query, incidents.length)}/${totalIsExact ? total : '*'}`],
    ['Link', linksTo(url, ['cursor', 'offset'], positions)],
  ];
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
  const links = linksTo(request.originalUrl, names, positions);
  if (links) request.res!.setHeader('Link', links);
}

function linksTo(
  url: string,
  names: readonly string[],
  positions: Readonly<Record<string, string | undefined>>,
): string {
  const [path, query] = url.split('?');
  const parameters = new URLSearchParams(query);
  for (const name of names) parameters.delete(name);
  const others = parameters.toString();
  const links = Object.entries(positions).flatMap(([relation, position]) => {
    if (position === undefined) return [];
    const target = [others, position].filter(Boolean).join('&');
    return `<${path}${target && `?${target}`}>; rel="${relation}"`;
  });
  return links.join(', ');
}
