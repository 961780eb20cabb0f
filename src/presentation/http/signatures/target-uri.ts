import type { Request } from 'express';

/** Where a client may have sent a request, as far as the service knows. */
interface Target {
  /** `http` or `https`. */
  readonly scheme: string;
  /** With a port that is not that of the scheme. */
  readonly host: string;
  /** What a proxy removes from the beginning of the path. */
  readonly prefix: string;
}

/** A target URI that the request does not have, and how it differs from the one that it has. */
export interface OtherTargetUri {
  readonly uri: string;
  /** Such as `scheme and host`. */
  readonly difference: string;
}

const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i;

const CONJUNCTION = new Intl.ListFormat('en', { type: 'conjunction' });

/**
 * The target URI of a request (RFC 9421, 2.2.2): what its client requested. Without `PUBLIC_URL`, proxies in `TRUSTED_PROXIES` may
 * say so in X-Forwarded-Proto and X-Forwarded-Host.
 */
export function targetUriOf(request: Request, publicUrl: string | undefined): string {
  return uriOf(request, targetOf(request, publicUrl));
}

/**
 * What the target URI could be for a client behind a proxy that is not configured: to name what differs, never to accept it. About a
 * dozen at most.
 */
export function otherTargetUris(request: Request, publicUrl: string | undefined): OtherTargetUri[] {
  const own = targetOf(request, publicUrl);
  const { host, 'x-forwarded-host': forwarded, 'x-forwarded-prefix': prefix } = request.headers;
  const schemes = distinct(own.scheme, 'https', 'http');
  const hosts = distinct(
    own.host,
    host,
    String(forwarded ?? '')
      .split(',')[0]
      ?.trim(),
  );
  const prefixes = distinct(own.prefix, '', prefix === undefined ? undefined : String(prefix));
  return schemes
    .flatMap((scheme) =>
      hosts.flatMap((host) => prefixes.map((prefix): Target => ({ scheme, host, prefix }))),
    )
    .map((target) => ({ uri: uriOf(request, target), difference: differenceOf(own, target) }))
    .filter(({ difference }) => difference !== '');
}

function targetOf(request: Request, publicUrl: string | undefined): Target {
  if (publicUrl === undefined) return { scheme: request.protocol, host: request.host ?? '', prefix: '' };
  const { protocol, host, pathname } = new URL(publicUrl);
  return { scheme: protocol.slice(0, -1), host, prefix: pathname.replace(/\/$/, '') };
}

function uriOf({ originalUrl }: Request, { scheme, host, prefix }: Target): string {
  // A request to a proxy has the whole URI (RFC 9112, 3.2.2).
  return `${scheme}://${host}${prefix}${originalUrl.replace(ORIGIN, '')}`;
}

function differenceOf(own: Target, other: Target): string {
  const differing = [
    ...(own.scheme === other.scheme ? [] : ['scheme']),
    ...(own.host === other.host ? [] : ['host']),
    ...(own.prefix === other.prefix ? [] : ['path']),
  ];
  return CONJUNCTION.format(differing);
}

function distinct(...values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}
