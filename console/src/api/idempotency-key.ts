const BYTES = 16;

/** A new idempotency key. `crypto.randomUUID` exists only on pages over TLS and on this machine. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
