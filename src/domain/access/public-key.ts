/** What precedes the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410, 4 and 10.1). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

const PEM = /^-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END PUBLIC KEY-----$/;

/** The rule of `parsePublicKey`, as the predicate of a sentence. */
export const PUBLIC_KEY_RULE = 'must be an Ed25519 public key: 32 bytes in base64, or PEM';

/** The 32 bytes of an Ed25519 public key in base64 or PEM; undefined if the text is neither, such as a private key. */
export function parsePublicKey(text: unknown): Buffer | undefined {
  if (typeof text !== 'string') return undefined;
  const trimmed = text.trim();
  if (BASE64.test(trimmed)) return Buffer.from(trimmed, 'base64');
  const der = Buffer.from(PEM.exec(trimmed)?.[1] ?? '', 'base64');
  const hasPrefix = der.subarray(0, SPKI_PREFIX.length).equals(SPKI_PREFIX);
  return hasPrefix && der.length === SPKI_PREFIX.length + 32 ? der.subarray(SPKI_PREFIX.length) : undefined;
}
