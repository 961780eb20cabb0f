import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import type { Request } from 'express';
import { MAX_BODY_BYTES } from '../body/json-body.js';
import { readBytes } from '../body/raw-body.js';
import { isSigned } from '../signatures/signature-headers.js';

/**
 * Where a sender that cannot set headers puts its access key:
 * - `path`: the path parameter `key`.
 * - `basic`: the password of HTTP Basic, or the user name if there is no password.
 * - `body`: what the function finds in the body, of up to `MAX_BODY_BYTES`, which is read before the sender is authenticated.
 */
export type KeyLocation =
  'header' | 'path' | 'basic' | { readonly body: (body: Buffer) => string | undefined };

/** Finds the access key of a request. */
export type FindKey = (request: Request) => string | undefined | Promise<string | undefined>;

/** The metadata of a route that `KeyIn` decorates. */
export const FIND_KEY = 'find-key';

const REDACTED = '[access key]';

/** Declares where a route expects the access key. The headers of other routes are accepted as well. */
export function KeyIn(location: KeyLocation = 'header'): MethodDecorator {
  if (location === 'header') return applyDecorators();
  if (location === 'basic') return applyDecorators(SetMetadata(FIND_KEY, keyInBasic), ApiSecurity('basic'));
  const findKey = location === 'path' ? keyInPath : keyInBody(location.body);
  return applyDecorators(SetMetadata(FIND_KEY, findKey), ApiSecurity({}));
}

/** The body of a request, without the access key if it was in there: bodies are stored. */
export async function bodyOf(request: Request, maxBytes: number): Promise<Buffer> {
  return request.authenticatedBody ?? readBytes(request, maxBytes);
}

function keyInPath(request: Request): string | undefined {
  const { key } = request.params as { key?: string };
  request.hasKeyInPath = key !== undefined;
  return key;
}

function keyInBasic({ headers }: Request): string | undefined {
  const encoded = /^Basic +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const credentials = Buffer.from(encoded, 'base64').toString();
  const colon = credentials.indexOf(':');
  const [user, password] = [credentials.slice(0, colon), credentials.slice(colon + 1)];
  return password || user || undefined;
}

function keyInBody(find: (body: Buffer) => string | undefined): FindKey {
  return async (request) => {
    // The body of a signed request is read once its digest is known.
    if (isSigned(request)) return undefined;
    const body = await readBytes(request, MAX_BODY_BYTES);
    const key = find(body);
    // A key that is written in another way could not be removed from the body.
    const isVerbatim = key !== undefined && key !== '' && body.includes(key);
    request.authenticatedBody = isVerbatim ? withoutKey(body, key) : body;
    return isVerbatim ? key : undefined;
  };
}

/** The body with a text of ASCII in place of every occurrence of the key. Latin-1 keeps every byte as it is. */
function withoutKey(body: Buffer, key: string): Buffer {
  const verbatim = Buffer.from(key).toString('latin1');
  return Buffer.from(body.toString('latin1').replaceAll(verbatim, REDACTED), 'latin1');
}
