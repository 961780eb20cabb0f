import type { Request } from 'express';
import { SESSION_MAX_DAYS } from '../../../domain/access/session.js';

/**
 * The names of the cookie. A browser accepts one with the prefix only over TLS and from this very host, so that neither another host
 * of the domain nor somebody on the network can plant a session (RFC 6265bis, 4.1.3.2).
 */
export const TLS_COOKIE = '__Host-incidents_session';
const PLAIN_COOKIE = 'incidents_session';

const MAX_AGE_MS = SESSION_MAX_DAYS * 24 * 3_600_000;

const valueOf = (name: string) => new RegExp(`(?:^|; ?)${name}=([\\w-]{43})(?:;|$)`);
const TLS_VALUE = valueOf(TLS_COOKIE);
const PLAIN_VALUE = valueOf(PLAIN_COOKIE);

/** The token of the session in the cookie; undefined without a valid one. */
export function sessionTokenOf(request: Request): string | undefined {
  const { cookie } = request.headers;
  if (cookie === undefined) return undefined;
  return (TLS_VALUE.exec(cookie) ?? (request.secure ? null : PLAIN_VALUE.exec(cookie)))?.[1];
}

/** Sets the cookie of a session in the answer. No script can read it, and no other site can make a browser send it. */
export function setSessionCookie(request: Request, token: string): void {
  const isSecure = isOverTls(request);
  request.res!.cookie(isSecure ? TLS_COOKIE : PLAIN_COOKIE, token, {
    httpOnly: true,
    sameSite: 'strict',
    path: '/',
    secure: isSecure,
    maxAge: MAX_AGE_MS,
  });
}

/** Makes the browser forget the cookie. */
export function clearSessionCookie({ res }: Request): void {
  res!.clearCookie(TLS_COOKIE, { httpOnly: true, sameSite: 'strict', path: '/', secure: true });
  res!.clearCookie(PLAIN_COOKIE, { httpOnly: true, sameSite: 'strict', path: '/' });
}

/** Whether the browser uses TLS. Without `TRUSTED_PROXIES`, only the browser itself says so, in Origin. */
function isOverTls(request: Request): boolean {
  return request.secure || request.headers.origin?.startsWith('https://') === true;
}
