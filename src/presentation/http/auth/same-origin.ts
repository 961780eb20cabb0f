import type { Request } from 'express';
import { CROSS_ORIGIN } from '../problems/problems.js';

/**
 * Requires that a page of this service sent the request, unless it only reads. A cookie alone does not prove that: browsers send
 * it with requests that a page of a neighbour host of the same site makes, in spite of SameSite.
 * @throws HttpProblem if another page may have sent it; also if the request says nothing, as from a browser of before 2020.
 */
export function requireSameOrigin(request: Request): void {
  const { method, headers } = request;
  if (method === 'GET' || method === 'HEAD') return;
  const { 'sec-fetch-site': site, origin } = headers;
  // `none` is what a person enters in the address bar, which changes nothing. Browsers send the header over TLS and to localhost only.
  const isOurs =
    site === undefined ? origin !== undefined && isOwnOrigin(request, origin) : site === 'same-origin';
  if (!isOurs) throw CROSS_ORIGIN;
}

function isOwnOrigin(request: Request, origin: string): boolean {
  const { protocol, host } = URL.parse(origin) ?? {};
  // A proxy that terminates TLS need not say so.
  if (protocol !== 'https:' && (protocol !== 'http:' || request.secure)) return false;
  return host === URL.parse(`${protocol}//${request.host}`)?.host;
}
