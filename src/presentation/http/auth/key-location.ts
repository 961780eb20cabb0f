import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { MAX_BODY_BYTES } from '../body/json-body.js';
import { readBytes } from '../body/raw-body.js';

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

const FIND_KEY = 'find-key';
const REDACTED = Buffer.from('[access key]');

/** The metadata of a route that `KeyIn` decorates. */
export const KEY_METADATA = FIND_KEY;

/** Declares where a route expects the access key. The headers of other routes are accepted as well. */
export function KeyIn(location: KeyLocation = 'header'): MethodDecorator {
  if (location === 'header') return applyDecorators();
  if (location === 'basic') return applyDecorators(SetMetadata(FIND_KEY, keyInBasic), ApiSecurity('basic'));
  if (location === 'path') return applyDecorators(SetMetadata(FIND_KEY, keyInPath), ApiSecurity({}));
  return applyDecorators(SetMetadata(FIND_KEY, keyInBody(location.body)), ApiSecurity({}));
}

/** The body of a request, without the access key if it was in there: bodies are stored. */
export async function bodyOf(request: Request, response: Response, maxBytes: number): Promise<Buffer> {
  return request.authenticatedBody ?? readBytes(request, response, maxBytes);
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
    const body = await readBytes(request, request.res!, MAX_BODY_BYTES);
    const key = find(body);
    // A key that is written in another way could not be removed from the body.
    const isVerbatim = key !== undefined && key !== '' && body.includes(key);
    request.authenticatedBody = isVerbatim ? withoutKey(body, Buffer.from(key)) : body;
    return isVerbatim ? key : undefined;
  };
}

/** Without every occurrence of the key. */
function withoutKey(body: Buffer, key: Buffer): Buffer {
  const parts: Buffer[] = [];
  let start = 0;
  for (let found = body.indexOf(key); found !== -1; found = body.indexOf(key, start)) {
    parts.push(body.subarray(start, found), REDACTED);
    start = found + key.length;
  }
  return Buffer.concat([...parts, body.subarray(start)]);
}
