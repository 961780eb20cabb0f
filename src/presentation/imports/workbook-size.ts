import type { FileContent } from '../../application/attachments/temporary-files.js';
import { UnreadableFile } from '../../domain/imports/import-errors.js';

/** Texts that several cells have in common are in memory, and so is each cell. */
const MAX_UNPACKED_BYTES = 128 * 1024 * 1024;

// Sections 4.3.7, 4.3.12, 4.3.16 and 4.4.4 of https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const CENTRAL_HEADER = 0x02014b50;
const CENTRAL_HEADER_BYTES = 46;
const END_OF_DIRECTORY = Buffer.from('PK\u0005\u0006', 'latin1');
const END_OF_DIRECTORY_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const HAS_DATA_DESCRIPTOR = 0x8;

/**
 * Requires that the parts of a workbook are not too long when they are unpacked: an archive of a megabyte can have gigabytes. The
 * headers say how long each part is, and the reader of workbooks stops at that length; which headers it reads depends on the archive.
 * @throws UnreadableFile
 */
export async function requireWorkbookSize(file: FileContent): Promise<void> {
  await requireSizes(file, 0, { signature: LOCAL_HEADER, bytes: LOCAL_HEADER_BYTES, sizes: 18 });
  const tail = Math.max(file.size - END_OF_DIRECTORY_BYTES - MAX_COMMENT_BYTES, 0);
  const end = await file.read(tail, file.size - tail);
  const found = end.lastIndexOf(END_OF_DIRECTORY);
  if (found < 0 || found + END_OF_DIRECTORY_BYTES > end.length)
    throw new UnreadableFile('its archive is cut off');
  const directory = end.readUInt32LE(found + 16);
  await requireSizes(file, directory, { signature: CENTRAL_HEADER, bytes: CENTRAL_HEADER_BYTES, sizes: 20 });
}

/** How the headers of an archive are laid out: both kinds have the sizes, and after them the lengths of name and extra field. */
interface HeaderLayout {
  readonly signature: number;
  readonly bytes: number;
  /** Where the packed and the unpacked size are. */
  readonly sizes: number;
}

async function requireSizes(file: FileContent, start: number, layout: HeaderLayout): Promise<void> {
  const { signature, bytes, sizes } = layout;
  const isLocal = signature === LOCAL_HEADER;
  let total = 0;
  for (let offset = start; ;) {
    const header = await file.read(offset, bytes);
    if (header.length < bytes || header.readUInt32LE(0) !== signature) return;
    const flags = header.readUInt16LE(isLocal ? 6 : 8);
    // The sizes of this part are in the directory only.
    if (isLocal && (flags & HAS_DATA_DESCRIPTOR) !== 0) return;
    const packed = header.readUInt32LE(sizes);
    const unpacked = header.readUInt32LE(sizes + 4);
    total += unpacked;
    if (total > MAX_UNPACKED_BYTES || (unpacked === 0 && packed > 2))
      throw new UnreadableFile(
        `unpacked, a workbook must be at most ${MAX_UNPACKED_BYTES / 1024 / 1024} MiB long: save it as CSV`,
      );
    const texts = header.readUInt16LE(sizes + 8) + header.readUInt16LE(sizes + 10);
    const after = isLocal ? packed : header.readUInt16LE(sizes + 12);
    offset += bytes + texts + after;
  }
}
