import { hash } from 'node:crypto';
import type { Request } from 'express';
import type { IdempotencyKey, RequestKey } from '../../../domain/incident/idempotency.js';
import { invalidInput } from '../problems/problems.js';

/** The header of an answer to a replay. */
export const REPLAYED = { 'Idempotency-Replayed': 'true' } as const;

/** The operation in the scope of the keys of reports, on every channel. */
export const REPORT = 'POST /incidents';

/** The scope of the keys of messages from Kafka; no access key has such a principal. */
export const KAFKA_SCOPE = `${REPORT} kafka:`;

/** The header of a quarantined message with the scope of its key; `KAFKA_SCOPE` by default. */
export const KEY_SCOPE = 'idempotency-scope';

/** Visible ASCII characters: proxies and logs pass keys on unescaped. */
export const KEY = /^[\x21-\x7e]{1,255}$/;

/** The rule of `KEY`, as the predicate of a sentence. */
export const KEY_RULE = 'must be 1 to 255 visible ASCII characters';

const NAMES = ['idempotency-key', 'x-idempotency-key'] as const;

/** Whether the request has an idempotency key. Then the digest of its body is needed. */
export function hasIdempotencyKey({ headers }: Request): boolean {
  return NAMES.some((name) => headers[name] !== undefined);
}

/**
 * For routes that do not support idempotency keys: a key without effect would be a false promise.
 * @param reason why the route does not support them, as a clause.
 * @throws HttpProblem if the request has one.
 */
export function requireNoIdempotencyKey(request: Request, reason: string): void {
  if (hasIdempotencyKey(request)) throw invalid(`Idempotency-Key is not supported here: ${reason}`);
}

/**
 * The idempotency key of a request whose body has been read; undefined if it has none.
 * @param operation the method and the resource.
 * @throws HttpProblem if the key is invalid.
 */
export function idempotencyKeyOf(request: Request, operation: string): IdempotencyKey | undefined {
  const key = requestKeyOf(request, operation);
  return key && { ...key, fingerprint: fingerprintOf(request) };
}

/** As `idempotencyKeyOf`, also for a request whose body has not been read. */
export function requestKeyOf(request: Request, operation: string): RequestKey | undefined {
  const keys = new Set(NAMES.flatMap((name) => request.headers[name] ?? []));
  if (keys.size === 0) return undefined;
  const [key] = keys;
  if (keys.size > 1) throw invalid('Idempotency-Key and X-Idempotency-Key must not differ');
  if (!KEY.test(key!)) throw invalid(`Idempotency-Key ${KEY_RULE}`);
  return { scope: scopeOf(request, operation), key: key! };
}

/** Covers the body and the precondition: the same body with another precondition is another request. */
function fingerprintOf({ headers, bodyDigest }: Request): Buffer {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  if (ifMatch === undefined && ifNoneMatch === undefined) return bodyDigest!;
  const precondition = JSON.stringify([ifMatch, ifNoneMatch]);
  return hash('sha256', `${precondition}\n${bodyDigest!.toString('hex')}`, 'buffer');
}

/** Keys belong to a principal: a rotation changes the secret, and another access key may get the name. */
export function scopeOf({ accessKey }: Request, operation: string): string {
  return `${operation} ${accessKey!.principal}`;
}

const invalid = (detail: string) => invalidInput('header', 'Idempotency-Key', detail);
