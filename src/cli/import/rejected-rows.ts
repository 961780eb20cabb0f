import { type FileHandle, rename, rm } from 'node:fs/promises';
import type { ImportUpdate, OriginalRow } from '../../application/imports/import-reports.js';
import { textOf } from '../../presentation/imports/source.js';
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
  private file: FileHandle | undefined;

  /** @param columns of a table; undefined for records. */
  constructor(
    readonly path: string,
    private readonly columns: readonly string[] | undefined,
  ) {}

  /** Adds a row. */
  async add({ row, original, reason }: Rejected): Promise<void> {
    this.file ??= await this.create();
    const because = `row ${row}: ${reason}`;
    await this.file.appendFile(
      isCells(original)
        ? this.csvRow(original, because)
        : `${JSON.stringify({ ...original, [REASON]: because })}\n`,
    );
  }

  /** Replaces the earlier file once all rows are added. */
  async finish(): Promise<void> {
    if (!this.file) return rm(this.path, { force: true });
    await this.close();
    await rename(this.unfinished, this.path);
  }

  /** Writes what is left. The rows of an import that does not finish stay in a file beside, which the next attempt replaces. */
  async close(): Promise<void> {
    await this.file?.close();
  }

  private get unfinished(): string {
    return `${this.path}.part`;
  }

  /** Cells without a column come after the reason. */
  private csvRow(cells: readonly unknown[], reason: string): string {
    const columns = this.columns!;
    return csvLine([...columns.map((_, i) => cells[i]), reason, ...cells.slice(columns.length)]);
  }

  private async create(): Promise<FileHandle> {
    const file = await openForWriting(this.unfinished);
    if (this.columns) await file.appendFile(`\uFEFF${csvLine([...this.columns, REASON])}`);
    return file;
  }
}

const isCells = (original: OriginalRow): original is readonly unknown[] => Array.isArray(original);

function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(csvCell).join(';')}\r\n`;
}

function csvCell(value: unknown): string {
  const text = value instanceof Date ? shown(value) : textOf(value);
  const escaped = FORMULA.test(text) ? `'${text}` : text;
  return /[";\r\n]/.test(escaped) ? `"${escaped.replaceAll('"', '""')}"` : escaped;
}

/** A time of a workbook has no zone. */
const shown = (time: Date): string => time.toISOString().slice(0, 19).replace('T', ' ');
