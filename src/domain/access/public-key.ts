/** What precedes the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410, 4 and 10.1). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

/** Without its white space. */
const PEM = /^-----BEGINPUBLICKEY-----([A-Za-z0-9+/]{59}=)-----ENDPUBLICKEY-----$/;

/** The rule of `parsePublicKey`, as the predicate of a sentence. */
export const PUBLIC_KEY_RULE = 'must be an Ed25519 public key: 32 bytes in base64, or PEM';

/** The 32 bytes of an Ed25519 public key in base64 or PEM; undefined if the text is neither, such as a private key. */
export function parsePublicKey(text: unknown): Buffer | undefined {
  if (typeof text !== 'string') return undefined;
  const compact = text.replaceAll(/\s+/g, '');
  if (BASE64.test(compact)) return Buffer.from(compact, 'base64');
  const der = Buffer.from(PEM.exec(compact)?.[1] ?? '', 'base64');
  const isEd25519 = der.subarray(0, SPKI_PREFIX.length).equals(SPKI_PREFIX);
  return isEd25519 ? der.subarray(SPKI_PREFIX.length) : undefined;
}
