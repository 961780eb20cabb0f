import { createHash } from 'node:crypto';
import { TextDecoder } from 'node:util';
import type { FileContent } from '../../application/attachments/temporary-files.js';

const CHUNK_BYTES = 256 * 1024;

/** The encodings of text files, as `TextDecoder` names them. */
export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1251';

/** What a file is, whatever its format. */
export interface Inspection {
  /** SHA-256 of its bytes. */
  readonly digest: Buffer;
  readonly encoding: TextEncoding;
  /** Why it is this encoding, as the end of a sentence. */
  readonly reason: string;
}

/** The bytes of a file in chunks. */
export async function* bytesOf(file: FileContent): AsyncGenerator<Buffer> {
  for (let position = 0; position < file.size; position += CHUNK_BYTES)
    yield await file.read(position, CHUNK_BYTES);
}

/** Reads a file once. A byte order mark decides its encoding, else whether it is valid UTF-8: few texts in another encoding are. */
export async function inspect(file: FileContent): Promise<Inspection> {
  const digest = createHash('sha256');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let isUtf8 = true;
  for await (const chunk of bytesOf(file)) {
    digest.update(chunk);
    if (isUtf8) isUtf8 = decodes(decoder, chunk, true);
  }
  isUtf8 &&= decodes(decoder, Buffer.alloc(0), false);
  return { digest: digest.digest(), ...encodingOf(await file.read(0, 3), isUtf8) };
}

function decodes(decoder: TextDecoder, chunk: Buffer, stream: boolean): boolean {
  try {
    decoder.decode(chunk, { stream });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return false;
    throw error;
  }
}

function encodingOf(start: Buffer, isUtf8: boolean): Omit<Inspection, 'digest'> {
  const mark = 'it has a byte order mark';
  if (start.equals(Buffer.from([0xef, 0xbb, 0xbf]))) return { encoding: 'utf-8', reason: mark };
  const [first, second] = start;
  if (first === 0xff && second === 0xfe) return { encoding: 'utf-16le', reason: mark };
  if (first === 0xfe && second === 0xff) return { encoding: 'utf-16be', reason: mark };
  if (isUtf8) return { encoding: 'utf-8', reason: 'it is valid UTF-8' };
  return { encoding: 'windows-1251', reason: 'it is not UTF-8' };
}

/** The text of a file in chunks, without a byte order mark. */
export async function* textOf(file: FileContent, encoding: TextEncoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of bytesOf(file)) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}
