import { createHash, hash, randomUUID } from 'node:crypto';
import type { FileContent } from '../../../application/attachments/temporary-files.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { ConcurrencyLimit } from '../../../shared/concurrency-limit.js';
import type { ObjectStore } from '../../s3/object-store.js';
import type { Database } from '../connection/database.js';
import {
  ADD_UPLOAD,
  CHUNK_BYTES,
  DIGEST_BYTES,
  END_UPLOADS,
  EXPIRE_UPLOADS,
} from './attachment-statements.js';
import type { ObjectSweep } from './object-sweep.js';
import type { StoredChunk } from './stored-chunk.js';

/** The number of requests whose files are uploaded at once. */
const MAX_UPLOADS = 4;

/** Bytes of a file that are stored as an object. */
export interface StoredObject {
  readonly object: string;
  readonly size: number;
  /** The digests of its chunks, one after the other: a part of the object is verified without the rest. */
  readonly chunkDigests: Buffer;
}

/** An object to which no row refers yet. */
export interface UploadedObject extends StoredObject {
  readonly sha256: Buffer;
}

/** An upload took so long that its object was swept, or is about to be. */
export class UploadExpired extends Error {}

/**
 * The bytes of files as objects, one for each file. An object is recorded before it is stored, and the record is deleted by the
 * transaction that refers to the object. So the objects to which no row will ever refer are known without a look into the bucket, which
 * others may use too.
 */
export class ObjectContents {
  private readonly uploads = new ConcurrencyLimit(MAX_UPLOADS);

  constructor(
    private readonly store: ObjectStore,
    private readonly database: Database,
    private readonly sweep: ObjectSweep,
  ) {}

  /** Stores the bytes of files, in their order. @throws StoreUnavailable */
  upload(files: readonly FileContent[]): Promise<readonly UploadedObject[]> {
    return this.uploads.run(async () => {
      const uploaded: UploadedObject[] = [];
      try {
        for (const file of files) uploaded.push(await this.uploadOne(file));
        return uploaded;
      } catch (error) {
        await this.discard(uploaded);
        throw error;
      }
    });
  }

  /** Ends uploads in the transaction that refers to their objects. @throws UploadExpired */
  async end(uploads: readonly UploadedObject[], transaction: Database): Promise<void> {
    const ended = await transaction.change(END_UPLOADS, [uploads.map(({ object }) => object)]);
    if (ended.length < uploads.length) throw new UploadExpired();
  }

  /** Has objects deleted soon, to which no transaction will refer. */
  async discard(uploads: readonly UploadedObject[]): Promise<void> {
    if (uploads.length === 0) return;
    try {
      await this.database.query(EXPIRE_UPLOADS, [uploads.map(({ object }) => object)]);
      this.sweep.wake();
    } catch (error) {
      // They are swept a day after the upload.
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }

  /**
   * The chunks from an index until before another one, as they are stored, with the digests that they must have: fewer if the object is
   * missing or too short.
   * @throws StoreUnavailable
   */
  async *read(
    { object, chunkDigests, size }: StoredObject,
    first: number,
    end: number,
  ): AsyncIterable<StoredChunk> {
    const bytes = await this.store.read(object, first * CHUNK_BYTES, Math.min(end * CHUNK_BYTES, size));
    if (!bytes) return;
    let index = first;
    for await (const chunk of inChunks(bytes)) {
      const sha256 = chunkDigests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
      yield { bytes: chunk, sha256 };
      index++;
    }
  }

  private async uploadOne(file: FileContent): Promise<UploadedObject> {
    const object = randomUUID();
    // If it is unknown whether the record is stored, nothing of the request is.
    await this.database.query(ADD_UPLOAD, [object]);
    const digest = createHash('sha256');
    const chunkDigests: Buffer[] = [];
    const chunks = async function* () {
      for (let position = 0; position < file.size; position += CHUNK_BYTES) {
        const chunk = await file.read(position, CHUNK_BYTES);
        digest.update(chunk);
        chunkDigests.push(hash('sha256', chunk, 'buffer'));
        yield chunk;
      }
    };
    await this.store.put(object, file.size, chunks());
    return {
      object,
      size: file.size,
      sha256: digest.digest(),
      chunkDigests: Buffer.concat(chunkDigests),
    };
  }
}

/** The same bytes in full chunks, of which the last may be shorter. */
async function* inChunks(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const received of bytes) {
    let rest = received;
    while (length + rest.length >= CHUNK_BYTES) {
      const missing = CHUNK_BYTES - length;
      yield Buffer.concat([...parts, rest.subarray(0, missing)], CHUNK_BYTES);
      rest = rest.subarray(missing);
      [parts, length] = [[], 0];
    }
    if (rest.length > 0) parts.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(parts, length);
}
