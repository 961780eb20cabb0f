/** A chunk of a file, as it is stored. */
export interface StoredChunk {
  readonly bytes: Buffer;
  /** The digest that the bytes must have. */
  readonly sha256: Buffer;
}
