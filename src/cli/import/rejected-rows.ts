import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import type { WriteStream } from 'node:fs';
import type { SourceRow } from '../../presentation/imports/source.js';
import { openForWriting } from './disk-files.js';

/** The column, or the member, that says why a row is rejected. An import ignores it. */
export const REASON = 'rejected_because';

/** A spreadsheet takes a cell that begins so for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * The rejected rows of a file, as a file that can be corrected and imported: rows of tables as CSV for Excel, others as lines of JSON. It
 * is created with the first row.
 */
export class RejectedRows {
  private file: WriteStream | undefined;

  /** @param columns of a table; undefined for records. */
  private constructor(
    readonly path: string,
    private readonly columns: readonly string[] | undefined,
  ) {}

  /** Removes what an earlier import of the file has left: this one writes all rejected rows again. */
  static async begin(path: string, columns: readonly string[] | undefined): Promise<RejectedRows> {
    await rm(path, { force: true });
    return new RejectedRows(path, columns);
  }

  /** Adds a row, and waits while the disk is slower than the import. */
  async add(row: number, { original }: SourceRow, reason: string): Promise<void> {
    this.file ??= await this.create();
    const line = Array.isArray(original)
      ? csvLine([
          ...this.columns!.map((_, i) => (original as readonly unknown[])[i]),
          `row ${row}: ${reason}`,
        ])
      : `${JSON.stringify({ ...original, [REASON]: `row ${row}: ${reason}` })}\n`;
    if (!this.file.write(line)) await once(this.file, 'drain');
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    const { file } = this;
    if (!file) return;
    file.end();
    await once(file, 'close');
  }

  private async create(): Promise<WriteStream> {
    const file = (await openForWriting(this.path)).createWriteStream();
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
