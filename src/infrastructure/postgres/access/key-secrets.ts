import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AccessKeyId } from '../../../domain/access/access-key.js';

/** `inc_<id>_<secret>`: the id says which key to compare with, and programs that look for leaked keys know the rest. */
const FORMAT = /^inc_([1-9]\d{0,14})_([\w-]{43})$/;

/** A secret of 32 random bytes, in base64url. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** What the holder of a key sends. */
export function keyOf(id: AccessKeyId, secret: string): string {
  return `inc_${id}_${secret}`;
}

/** The parts of a key that was sent; undefined where it cannot be one of ours. */
export function partsOf(key: string): { readonly id: AccessKeyId; readonly secret: string } | undefined {
  const [, id, secret] = FORMAT.exec(key) ?? [];
  return secret === undefined ? undefined : { id: Number(id), secret };
}

/** A fast hash is enough for what is random; what it is compared with takes the same time for every secret. */
export function digestOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

export function isSecretOf(secret: string, digest: Buffer): boolean {
  return timingSafeEqual(digestOf(secret), digest);
}
