import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import type { Request } from 'express';
import { readBytes } from '../body/raw-body.js';

/** An access key in the body, as some protocols define one. */
export interface KeyInBody {
  /** The key; undefined if the body has none. */
  readonly find: (body: Buffer) => string | undefined;
  /** The longest body, which is read before its sender is authenticated. */
  readonly maxBytes: number;
}

/** Finds the access key of a request. */
export type FindKey = (request: Request) => string | undefined | Promise<string | undefined>;

/** The metadata of a route that `SenderKey` decorates. */
export const FIND_KEY = 'find-key';

const REDACTED = '[access key]';

/** A shorter key, as development may have, is redacted only where it is a whole string: it may be a common word. */
const MIN_REDACTED_LENGTH = 16;

/** `/api/v1/intake/<channel>/k/<key>/…`, also in absolute form (RFC 9112, 3.2.2). */
const KEY_IN_PATH = /^((?:https?:\/\/[^/?]+)?\/api\/v1\/intake\/[^/?]+)\/k\/([^/?]+)(.*)$/i;

/**
 * Removes the access key from the path of a request to a channel, before anything sees the path: so it appears in no route, log,
 * trace or problem. Senders that accept only a URL put it there.
 */
export function takeKeyFromPath(request: { url?: string | undefined; keyInPath?: string }): void {
  const match = KEY_IN_PATH.exec(request.url!);
  if (!match) return;
  const [, channel, key, rest] = match;
  request.url = `${channel}${rest}`;
  request.keyInPath = decoded(key!);
}

/**
 * Declares a route for senders that may not be able to set headers of their own. Their key is, in this order: in the path
 * (`takeKeyFromPath`), in the headers of all routes, in `Authorization: GenieKey`, in the body, or in HTTP Basic, as the password or,
 * without one, as the user name. Other schemes of Authorization are ignored.
 */
export function SenderKey(inBody?: KeyInBody): MethodDecorator {
  const findKey: FindKey = (request) => {
    const key = keyOutsideBody(request);
    if (key !== undefined || !inBody) return key ?? basicPasswordOf(request);
    return keyFromBody(request, inBody);
  };
  return applyDecorators(
    SetMetadata(FIND_KEY, findKey),
    ApiSecurity('accessKey'),
    ApiSecurity('bearer'),
    ApiSecurity('basic'),
  );
}

/** The access key in the headers: Prometheus and Alertmanager can send Authorization only, other clients one of the first two. */
export function keyInHeaders({ headers }: Request): string | undefined {
  const key = headers['x-access-key'] ?? headers['x-api-key'];
  if (typeof key === 'string') return key;
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

/** The body of a request to a channel, without the access key if the protocol has it there: bodies are stored. */
export async function bodyOf(request: Request, maxBytes: number, inBody?: KeyInBody): Promise<Buffer> {
  if (request.authenticatedBody) return request.authenticatedBody;
  const body = await readBytes(request, maxBytes);
  const key = inBody?.find(body);
  return key === undefined ? body : withoutKey(body, key);
}

/** A body without the access key of the request, wherever the sender repeats it, as in a field that it could not leave empty. */
export function withoutSentKey(request: Request, body: Buffer): Buffer {
  const key = keyOutsideBody(request) ?? basicPasswordOf(request);
  return key !== undefined && key.length >= MIN_REDACTED_LENGTH && body.includes(key)
    ? withoutKey(body, key)
    : body;
}

function keyOutsideBody(request: Request): string | undefined {
  return request.keyInPath ?? keyInHeaders(request) ?? genieKeyOf(request);
}

/** https://docs.opsgenie.com/docs/authentication */
function genieKeyOf({ headers }: Request): string | undefined {
  return /^GenieKey +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

function basicPasswordOf({ headers }: Request): string | undefined {
  const encoded = /^Basic +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const credentials = Buffer.from(encoded, 'base64').toString();
  const colon = credentials.indexOf(':');
  const [user, password] = [credentials.slice(0, colon), credentials.slice(colon + 1)];
  return password || user || undefined;
}

async function keyFromBody(request: Request, { find, maxBytes }: KeyInBody): Promise<string | undefined> {
  const body = await readBytes(request, maxBytes);
  const key = find(body);
  // A key that is written in another way could not be removed from the body.
  const isVerbatim = key !== undefined && key !== '' && body.includes(`"${key}"`);
  request.authenticatedBody = isVerbatim ? withoutKey(body, key) : body;
  return isVerbatim ? key : basicPasswordOf(request);
}

/** The body with a text of ASCII in place of the key. Latin-1 keeps every other byte as it is. */
function withoutKey(body: Buffer, key: string): Buffer {
  if (key === '') return body;
  const verbatim = Buffer.from(key).toString('latin1');
  const text = body.toString('latin1').replaceAll(`"${verbatim}"`, `"${REDACTED}"`);
  return Buffer.from(key.length < MIN_REDACTED_LENGTH ? text : text.replaceAll(verbatim, REDACTED), 'latin1');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // No key has a lone percent sign: it is rejected as it is.
    return text;
  }
}
