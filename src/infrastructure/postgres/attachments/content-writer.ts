import { createHash, hash } from 'node:crypto';
import type { NewAttachment } from '../../../application/attachments/attachment-repository.js';
import { OutcomeUnknown } from '../../../application/operations/store-unavailable.js';
import type { Database } from '../connection/database.js';
import { ADD_CHUNK, type AttachmentRow, CHUNK_BYTES, NEXT_ID } from './attachment-statements.js';
import type { ObjectContents, UploadedObject } from './object-contents.js';

/** The stored bytes of a file. */
export type StoredContent = Pick<AttachmentRow, 'id' | 'size' | 'sha256' | 'object' | 'chunkDigests'>;

/** Stores the bytes of files: as chunks in PostgreSQL, or as objects. */
export class ContentWriter {
  /** @param objects where the bytes of new files are stored; undefined for PostgreSQL. */
  constructor(private readonly objects: ObjectContents | undefined) {}

  /**
   * Calls `store`, which stores these files in a transaction: before it, since an object store may take longer than a transaction may
   * be idle, the bytes are uploaded, if they are not stored in PostgreSQL.
   */
  async withUploads<Result>(
    files: readonly NewAttachment[],
    store: (uploads: readonly UploadedObject[] | undefined) => Promise<Result>,
  ): Promise<Result> {
    const { objects } = this;
    const uploads = await objects?.upload(files.map(({ content }) => content));
    try {
      return await store(uploads);
    } catch (error) {
      // Where the outcome is unknown, a row may refer to them.
      if (uploads && !(error instanceof OutcomeUnknown)) await objects!.discard(uploads);
      throw error;
    }
  }

  /**
   * Stores the bytes of files in a transaction.
   * @param uploads of `withUploads` for these files.
   * @throws UploadExpired
   */
  async store(
    transaction: Database,
    files: readonly NewAttachment[],
    uploads: readonly UploadedObject[] | undefined,
  ): Promise<readonly StoredContent[]> {
    const contents: StoredContent[] = [];
    for (const [i, file] of files.entries()) {
      const upload = uploads?.[i];
      contents.push(
        upload ? { id: await nextId(transaction), ...upload } : await storeChunks(transaction, file),
      );
    }
    if (uploads) await this.objects!.end(uploads, transaction);
    return contents;
  }
}

async function nextId(transaction: Database): Promise<number> {
  const [row] = await transaction.query<{ id: number }>(NEXT_ID);
  return row!.id;
}

/** Inserts the chunks of a file. */
async function storeChunks(transaction: Database, { content }: NewAttachment): Promise<StoredContent> {
  const id = await nextId(transaction);
  const digest = createHash('sha256');
  const { size } = content;
  for (let index = 0; index * CHUNK_BYTES < size; index++) {
    const bytes = await content.read(index * CHUNK_BYTES, CHUNK_BYTES);
    digest.update(bytes);
    await transaction.change(ADD_CHUNK, [id, index, bytes, hash('sha256', bytes, 'buffer')]);
  }
  return { id, size, sha256: digest.digest(), object: null, chunkDigests: null };
}
