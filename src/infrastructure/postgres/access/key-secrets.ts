import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AccessKeyId } from '../../../domain/access/access-key.js';

/** `inc_<id>_<secret>`: the id selects the key to compare with, and scanners for leaked secrets recognise the format. */
const FORMAT = /^inc_([1-9]\d{0,14})_([\w-]{43})$/;

/** A secret of 32 random bytes, in base64url. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** The access key as clients send it. */
export function keyOf(id: AccessKeyId, secret: string): string {
  return `inc_${id}_${secret}`;
}

/** The parts of a key that a client sent; undefined if it has another format. */
export function partsOf(key: string): { readonly id: AccessKeyId; readonly secret: string } | undefined {
  const [, id, secret] = FORMAT.exec(key) ?? [];
  return secret === undefined ? undefined : { id: Number(id), secret };
}

/** A fast hash is enough, since secrets are random; digests are compared in constant time. */
export function digestOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** The digest of a session's token together with the key of the environment that opened it. */
export function proofOf(token: string, environmentKey: string): Buffer {
  return digestOf(`${token} ${environmentKey}`);
}

/** The digest that is compared. A new Buffer for each request took Node longer than the hash itself (ADR 27). */
const compared = Buffer.alloc(32);

/** @param digest null for a key without a secret. */
export function isSecretOf(secret: string, digest: Buffer | null): boolean {
  if (digest === null) return false;
  compared.write(hash('sha256', secret, 'binary'), 'binary');
  return timingSafeEqual(compared, digest);
}
