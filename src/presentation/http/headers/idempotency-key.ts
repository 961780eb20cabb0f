import { hash } from 'node:crypto';
import type { PipeTransform } from '@nestjs/common';
import type { Request } from 'express';
import type { IdempotencyKey } from '../../../domain/incident/idempotency.js';
import { invalidRequest } from '../problems/problems.js';

/** What an answer says that is that of an earlier request. */
export const REPLAYED = { 'Idempotency-Replayed': 'true' } as const;

/** What a report is to idempotency keys, however it comes. */
export const REPORT = 'POST /incidents';

/** Where the keys of messages from Kafka count: no access key has such a name. */
export const KAFKA_SCOPE = `${REPORT} kafka:`;

/** The header of what is in the quarantine that says where its key counts; without it, that is `KAFKA_SCOPE`. */
export const KEY_SCOPE = 'idempotency-scope';

/** How long an idempotency key may be, in characters. */
export const MAX_KEY_LENGTH = 255;

/** Visible characters of ASCII: keys go through proxies and logs as they are. */
export const KEY = /^[\x21-\x7e]{1,255}$/;

const NAMES = ['idempotency-key', 'x-idempotency-key'] as const;

/** Whether the request has an idempotency key, and its body is therefore to be known again. */
export function hasIdempotencyKey({ headers }: Request): boolean {
  return NAMES.some((name) => headers[name] !== undefined);
}

/**
 * For routes that remember no requests: a key that does nothing would promise what is not kept.
 * @param why none is needed or possible there.
 * @throws HttpProblem where the request has one.
 */
export function requireNoIdempotencyKey(request: Request, why: string): void {
  if (hasIdempotencyKey(request)) throw invalid(`Idempotency-Key is not taken here: ${why}`);
}

/**
 * The request's idempotency key, once its body has been read; undefined where it has none.
 * @param operation what is asked for: a method and a resource.
 * @throws HttpProblem where the key is not fit.
 */
export function idempotencyKeyOf(request: Request, operation: string): IdempotencyKey | undefined {
  const keys = new Set(NAMES.flatMap((name) => request.headers[name] ?? []));
  if (keys.size === 0) return undefined;
  const [key] = keys;
  if (keys.size > 1) {
    throw invalid('Idempotency-Key and X-Idempotency-Key must not differ');
  }
  if (!KEY.test(key!)) {
    throw invalid(`Idempotency-Key must be 1 to ${MAX_KEY_LENGTH} visible ASCII characters`);
  }
  return { scope: scopeOf(request, operation), key: key!, fingerprint: fingerprintOf(request) };
}

/** The body's digest, with the precondition where there is one: the same body under another one asks for something else. */
function fingerprintOf({ headers, bodyDigest }: Request): Buffer {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  if (ifMatch === undefined && ifNoneMatch === undefined) return bodyDigest!;
  const precondition = JSON.stringify([ifMatch, ifNoneMatch]);
  return hash('sha256', `${precondition}\n${bodyDigest!.toString('hex')}`, 'buffer');
}

/**
 * What an idempotency key is in a path: 1 to 255 visible ASCII characters, percent-encoded.
 * @throws HttpProblem where it is not fit.
 */
export class IdempotencyKeyPipe implements PipeTransform<string, string> {
  transform(key: string): string {
    if (KEY.test(key)) return key;
    const detail = `key must be 1 to ${MAX_KEY_LENGTH} visible ASCII characters`;
    throw invalidRequest([{ in: 'path', pointer: '/key', detail }]);
  }
}

/** Neither the key's secret, which a rotation changes, nor its name, which another key may get: see `Principal.principal`. */
export function scopeOf({ accessKey }: Request, operation: string): string {
  return `${operation} ${accessKey!.principal}`;
}

function invalid(detail: string) {
  return invalidRequest([{ in: 'header', pointer: '/Idempotency-Key', detail }]);
}
