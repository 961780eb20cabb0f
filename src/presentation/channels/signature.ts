import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Whether the headers have the signature of this body by the webhook secret of the access key. */
export type VerifySignature = (
  request: { readonly headers: IncomingHttpHeaders; readonly body: Buffer },
  secret: string,
  now: Date,
) => boolean;

/** Whether a header is HMAC-SHA256 of these parts, in hexadecimal. Compared in constant time. */
export function isHmacOf(
  signature: string | string[] | undefined,
  secret: string,
  ...parts: readonly (string | Buffer)[]
): boolean {
  const expected = createHmac('sha256', secret);
  for (const part of parts) expected.update(part);
  const digest = expected.digest();
  const given = Buffer.from(typeof signature === 'string' ? signature.trim() : '', 'hex');
  return given.length === digest.length && timingSafeEqual(given, digest);
}
