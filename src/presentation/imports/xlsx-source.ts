import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { FileContent } from '../../application/attachments/temporary-files.js';
import { UnreadableFile } from '../../domain/imports/import-errors.js';
import { bytesOf } from './input-file.js';
import { requireWorkbookSize } from './workbook-size.js';
import { columnsOf, peek, type Source, type SourceRow, TableRow } from './source.js';

/** A ZIP archive begins so. */
const ZIP = Buffer.from('PK\u0003\u0004', 'latin1');

/** A file of Excel 97 to 2003 begins so; an encrypted one too. */
const OLE = Buffer.from([0xd0, 0xcf, 0x11, 0xe0]);

/** The first sheet of a workbook as rows: its first row is the header. @throws UnreadableFile */
export async function openXlsx(file: FileContent): Promise<Source> {
  const start = await file.read(0, ZIP.length);
  if (start.equals(OLE))
    throw new UnreadableFile('it is an .xls or a protected workbook: save it as .xlsx without a password');
  if (!start.equals(ZIP)) throw new UnreadableFile('it is no .xlsx workbook');
  await requireWorkbookSize(file);
  const { first: header, all } = await peek(valuesIn(file));
  if (!header) throw new UnreadableFile('its first sheet is empty');
  const { columns, indices } = columnsOf(header);
  return {
    columns,
    isTable: true,
    assumptions: ['Rows are those of the first sheet.'],
    rows: tableRows(all, indices, columns.length),
  };
}

async function* tableRows(
  rows: AsyncIterable<readonly unknown[]>,
  indices: ReadonlyMap<string, number>,
  width: number,
): AsyncGenerator<SourceRow> {
  let isHeader = true;
  for await (const values of rows) {
    if (!isHeader) yield new TableRow(values, indices, width);
    isHeader = false;
  }
}

/** Whether somebody waits for a row. */
class Demand {
  private isWaiting = false;
  private wake: (() => void) | undefined;

  begin(): void {
    this.isWaiting = true;
    this.wake?.();
  }

  end(): void {
    this.isWaiting = false;
  }

  /** Resolves while somebody waits. If nobody ever does again, the reader of the bytes waits until it is forgotten. */
  async wait(): Promise<void> {
    while (!this.isWaiting) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

/** The parser reads bytes as fast as they come, and holds all rows that nobody has read: it gets some only when they are needed. */
async function* onDemand(chunks: AsyncIterable<Buffer>, demand: Demand): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    await demand.wait();
    yield chunk;
  }
}

/** The values of each row that has any. */
async function* valuesIn(file: FileContent): AsyncGenerator<readonly unknown[]> {
  // Loaded for the first workbook: most processes read none.
  const { streamXlsxRows } = await import('hucre/xlsx');
  const demand = new Demand();
  const chunks = Readable.from(onDemand(bytesOf(file), demand), { objectMode: true, highWaterMark: 1 });
  const bytes = Readable.toWeb(chunks) as NodeReadableStream<Uint8Array>;
  const rows = streamXlsxRows(bytes);
  for (;;) {
    demand.begin();
    const row = await rows.next().catch((error: unknown) => {
      throw new UnreadableFile(`its sheet cannot be read (${(error as Error).message})`);
    });
    demand.end();
    if (row.done) return;
    const { values } = row.value;
    if (values.some((value) => value !== null && value !== '')) yield values;
  }
}
