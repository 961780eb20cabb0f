import { once } from 'node:events';
import { rename, rm } from 'node:fs/promises';
import type { WriteStream } from 'node:fs';
import type { ImportUpdate } from '../../application/imports/import-reports.js';
import { openForWriting } from './disk-files.js';

/** The column, or the member, that says why a row is rejected. An import ignores it. */
export const REASON = 'rejected_because';

type Rejected = Extract<ImportUpdate, { readonly type: 'rejected' }>;

/** A spreadsheet takes a cell that begins so for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * The rejected rows of a file, as a file that can be corrected and imported: rows of tables as CSV for Excel, others as lines of JSON. It
 * replaces that of an earlier attempt when it is complete, since this one has all of its rows again.
 */
export class RejectedRows {
  private file: WriteStream | undefined;

  /** @param columns of a table; undefined for records. */
  constructor(
    readonly path: string,
    private readonly columns: readonly string[] | undefined,
  ) {}

  /** Adds a row, and waits while the disk is slower than the import. */
  async add({ row, original, reason }: Rejected): Promise<void> {
    this.file ??= await this.create();
    const line = Array.isArray(original)
      ? csvLine([
          ...this.columns!.map((_, i) => (original as readonly unknown[])[i]),
          `row ${row}: ${reason}`,
        ])
      : `${JSON.stringify({ ...original, [REASON]: `row ${row}: ${reason}` })}\n`;
    if (!this.file.write(line)) await once(this.file, 'drain');
  }

  /** Replaces the earlier file once all rows are added. */
  async finish(): Promise<void> {
    if (!this.file) return rm(this.path, { force: true });
    await this.close();
    await rename(this.unfinished, this.path);
  }

  /** Writes what is left. The rows of an import that does not finish stay in a file beside, which the next attempt replaces. */
  async close(): Promise<void> {
    const { file } = this;
    if (!file || file.closed) return;
    file.end();
    await once(file, 'close');
  }

  private get unfinished(): string {
    return `${this.path}.part`;
  }

  private async create(): Promise<WriteStream> {
    const file = (await openForWriting(this.unfinished)).createWriteStream();
    if (this.columns) file.write(`\uFEFF${csvLine([...this.columns, REASON])}`);
    return file;
  }
}

function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(csvCell).join(';')}\r\n`;
}

function csvCell(value: unknown): string {
  const text =
    value === null || value === undefined ? '' : value instanceof Date ? shown(value) : String(value);
  const escaped = FORMULA.test(text) ? `'${text}` : text;
  return /[";\r\n]/.test(escaped) ? `"${escaped.replaceAll('"', '""')}"` : escaped;
}

/** A time of a workbook has no zone. */
const shown = (time: Date): string => time.toISOString().slice(0, 19).replace('T', ' ');
