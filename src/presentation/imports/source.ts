import type { OriginalRow } from '../../application/imports/import-reports.js';
import type { FileContent } from '../../application/attachments/temporary-files.js';

/** The formats of files. */
export const IMPORT_FORMATS = ['csv', 'xlsx', 'ndjson', 'telegram'] as const;

export type ImportFormat = (typeof IMPORT_FORMATS)[number];

/** A file that belongs to a row. */
export interface MediaFile {
  readonly path: string;
  /** As the sender calls it. */
  readonly name: string;
}

/** The folder beside a file, to which paths in its rows are relative. */
export interface MediaFolder {
  /** The size in bytes; undefined for what is no file in the folder. */
  sizeOf(path: string): Promise<number | undefined>;
  open(path: string): Promise<FileContent & { close(): Promise<void> }>;
}

/** A row of a file, before anybody knows whether it is a report. */
export interface SourceRow {
  /** The value of a column; undefined if the row has none. */
  get(column: string): unknown;
  readonly original: OriginalRow;
  /** Why the row cannot be read, if so. */
  readonly error?: string;
  readonly media?: readonly MediaFile[];
}

/** A file as rows. */
export interface Source {
  /** The names of its columns; of records, those of the first one. */
  readonly columns: readonly string[];
  /** Whether each row has the same columns. */
  readonly isTable: boolean;
  /** What the reader has found out or assumed, as sentences. */
  readonly assumptions: readonly string[];
  readonly rows: AsyncIterable<SourceRow>;
}

/** A row of a table. */
export class TableRow implements SourceRow {
  readonly error: string | undefined;

  /** @param indices of the columns by their names. */
  constructor(
    readonly original: readonly unknown[],
    private readonly indices: ReadonlyMap<string, number>,
    width: number,
  ) {
    const excess = original.slice(width).some((cell) => cell !== '' && cell !== null && cell !== undefined);
    this.error = excess ? `the row has more cells than the ${width} columns of the header` : undefined;
  }

  get(column: string): unknown {
    const index = this.indices.get(column);
    return index === undefined ? undefined : this.original[index];
  }
}

/** The names of the columns in a header. Columns without a name, and further ones of a name, have none. */
export function columnsOf(header: readonly unknown[]): {
  readonly columns: readonly string[];
  readonly indices: ReadonlyMap<string, number>;
} {
  const indices = new Map<string, number>();
  const columns = header.map((cell) => textOf(cell).trim());
  for (const [i, name] of columns.entries()) if (name !== '' && !indices.has(name)) indices.set(name, i);
  return { columns, indices };
}

/** The text of a cell; of a time as it is shown there, of anything else that is no text as JSON. */
export function textOf(cell: unknown): string {
  if (typeof cell === 'string') return cell;
  if (cell === null || cell === undefined) return '';
  return cell instanceof Date ? cell.toISOString() : JSON.stringify(cell);
}

/** A row that is a record. */
export class RecordRow implements SourceRow {
  constructor(
    readonly original: Readonly<Record<string, unknown>>,
    readonly error?: string,
    readonly media?: readonly MediaFile[],
  ) {}

  get(column: string): unknown {
    return Object.hasOwn(this.original, column) ? this.original[column] : undefined;
  }
}

/** The first item, and all items including it. */
export async function peek<Item>(
  items: AsyncIterable<Item>,
): Promise<{ readonly first: Item | undefined; readonly all: AsyncIterable<Item> }> {
  const iterator = items[Symbol.asyncIterator]();
  const result = await iterator.next();
  const first = result.done ? undefined : result.value;
  async function* all(): AsyncGenerator<Item> {
    if (result.done) return;
    try {
      yield result.value;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { first, all: all() };
}
