import type { FileContent } from '../../src/application/attachments/temporary-files.js';
import { ImportFile, type ImportSettings } from '../../src/presentation/imports/import-file.js';
import type { ImportFormat, MediaFolder } from '../../src/presentation/imports/source.js';

/** A file in memory, which returns at most so many bytes at once. */
export function aFile(content: string | Buffer, maxBytes = Infinity): FileContent {
  const bytes = Buffer.from(content as string);
  return {
    size: bytes.length,
    read: async (position, length) => bytes.subarray(position, position + Math.min(length, maxBytes)),
  };
}

/** A folder with these files, by their paths. */
export function aFolder(files: Readonly<Record<string, string>>): MediaFolder {
  return {
    sizeOf: async (path) => (Object.hasOwn(files, path) ? Buffer.byteLength(files[path]!) : undefined),
    open: async (path) => Object.assign(aFile(files[path]!), { close: async () => undefined }),
  };
}

/** A file as it is opened for an import, by default without any settings. */
export const anImport = (
  format: ImportFormat,
  content: string | Buffer,
  settings: Partial<ImportSettings> = {},
): Promise<ImportFile> =>
  ImportFile.open(aFile(content), {
    format,
    columns: new Map(),
    defaults: { source: 'operator', status: 'NEW', actor: 'import' },
    timeZone: 'UTC',
    ...settings,
  });

/** Each row: its report without what all have in common, or why it is rejected. */
export async function rowsOf(opened: ImportFile): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of opened.rows()) {
    if ('rejection' in row) rows.push(row.rejection);
    else {
      const { channel, accessKey: _, ...report } = row.report;
      expect(channel).toBe('import');
      rows.push(Object.fromEntries(Object.entries(report).filter(([, value]) => value !== undefined)));
    }
  }
  return rows;
}
