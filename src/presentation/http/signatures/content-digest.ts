import { createHash, type Hash, timingSafeEqual } from 'node:crypto';
import { invalidSignature, malformedSignature } from './signature-problems.js';
import { dictionaryIn } from './signature-headers.js';

/** The algorithms of RFC 9530 that are not deprecated, and the lengths of their digests in bytes. */
const ALGORITHMS: ReadonlyMap<string, { readonly hash: string; readonly bytes: number }> = new Map([
  ['sha-256', { hash: 'sha256', bytes: 32 }],
  ['sha-512', { hash: 'sha512', bytes: 64 }],
]);

interface Expected {
  readonly digest: Buffer;
  readonly hash: Hash;
}

/**
 * The digests of a signed body in Content-Digest (RFC 9530, 2), which are compared once the body has been read. They are of the bytes
 * on the wire: before decompression.
 */
export class ContentDigest {
  private constructor(private readonly expected: readonly Expected[]) {}

  /** @throws HttpProblem if the header is no dictionary of digests, or has none that is supported. */
  static in(header: string): ContentDigest {
    const members = dictionaryIn('Content-Digest', header);
    const expected = [...ALGORITHMS].flatMap(([name, { hash, bytes }]) => {
      const [value] = members.get(name) ?? [];
      if (value === undefined) return [];
      if (!(value instanceof ArrayBuffer) || value.byteLength !== bytes)
        throw malformedSignature(`The digest ${name} in Content-Digest must be ${bytes} bytes, as in :…:`);
      return [{ digest: Buffer.from(value), hash: createHash(hash) }];
    });
    if (expected.length === 0)
      throw invalidSignature(`Content-Digest must have a digest ${[...ALGORITHMS.keys()].join(' or ')}`);
    return new ContentDigest(expected);
  }

  update(chunk: Buffer): void {
    for (const { hash } of this.expected) hash.update(chunk);
  }

  /**
   * Call it once, after the last chunk.
   * @throws HttpProblem `signature.invalid` unless all digests are those of the chunks.
   */
  requireMatch(): void {
    const matches = this.expected.every(({ digest, hash }) => timingSafeEqual(hash.digest(), digest));
    if (!matches) throw invalidSignature('content-digest differs from the digest of the body');
  }
}
