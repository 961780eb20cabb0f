import { Injectable } from '@nestjs/common';
import { UnreadableImage } from '../../domain/attachments/attachment-errors.js';
import { ImportInProgress } from '../../domain/imports/import-errors.js';
import { MAX_TEXT_LENGTH, textLength } from '../../domain/incident/incident-text.js';
import { retryWithBackoff } from '../../shared/backoff.js';
import { AttachFiles, type ReceivedFile } from '../attachments/attach-files.js';
import type { NewAttachment } from '../attachments/attachment-repository.js';
import { StoreUnavailable } from '../operations/store-unavailable.js';
import {
  type ImportedReport,
  type ImportIdentity,
  type ImportProgress,
  ImportRepository,
  type PreparedReport,
} from './import-repository.js';

/** A row as it is in the file: the cells of a table, or the fields of a record. */
export type OriginalRow = readonly unknown[] | Readonly<Record<string, unknown>>;

/** A row of a file: a report, or why it is none. */
export type ImportRow =
  | { readonly report: ImportedReport; readonly files?: () => Promise<ReceivedFiles> }
  | { readonly rejection: string; readonly original: OriginalRow };

/** A file that has the same rows in the same order each time it is read. */
export interface RowFile {
  readonly identity: ImportIdentity;
  /** Reads the file to its end, and yields how many rows it has so far. @throws UnreadableFile if it is damaged anywhere. */
  count(): AsyncIterable<number>;
  /** The rows, of which it reads further ones while the caller is busy with one. */
  rows(): AsyncIterable<ImportRow>;
}

/** Files that are open until they are closed. */
export interface ReceivedFiles {
  readonly files: readonly ReceivedFile[];
  close(): Promise<void>;
}

/** What an import tells while it runs. */
export type ImportUpdate =
  | { readonly type: 'counting'; readonly total: number }
  | {
      readonly type: 'progress' | 'finished' | 'stopped';
      readonly progress: ImportProgress;
      /** The number of rows in the file; undefined while it is unknown. */
      readonly total?: number;
    }
  | {
      readonly type: 'rejected';
      readonly row: number;
      readonly reason: string;
      readonly original: OriginalRow;
    };

export interface ImportOptions {
  /** Whose files of reports they are. */
  readonly principal: string;
  /** Ends the import after the batch that is being stored. */
  readonly signal: AbortSignal;
  /** Throws if no further row may be stored, as when the access key was revoked. */
  readonly admit?: () => void | Promise<void>;
}

/** More rows would not be faster; a transaction must be committed within 2.9 s, so that pages of lists miss no incident. */
const MAX_BATCH_ROWS = 200;

/** In UTF-16 units of descriptions: long ones cost the search index much. */
const MAX_BATCH_LENGTH = 100_000;

/** For about 15 s; the import can be started again after that. */
const MAX_ATTEMPTS = 8;

/** While rows are skipped: a connection without progress is taken for idle. */
const ROWS_PER_PROGRESS = 10_000;

/**
 * Imports reports, each exactly once. It reads rows as fast as it stores them, and holds one batch of them. Rows that an earlier
 * attempt has done are read again, and skipped; those that are rejected are told again, so that the list of them is complete.
 *
 * The file is read to its end before the first row is stored: of a file that is damaged nothing is imported, so that a better copy of
 * it, which is another file, duplicates nothing.
 */
@Injectable()
export class ImportReports {
  constructor(
    private readonly imports: ImportRepository,
    private readonly attachFiles: AttachFiles,
  ) {}

  /** The earlier import of a file; undefined if there was none. @throws StoreUnavailable */
  find(digest: Buffer): Promise<ImportProgress | undefined> {
    return this.imports.find(digest);
  }

  /**
   * Imports the rows of a file, or those that an earlier attempt has left.
   * @throws ImportInProgress, ImportedWithOtherSettings, StoreUnavailable, and what reading the rows throws.
   */
  async *execute(file: RowFile, options: ImportOptions): AsyncGenerator<ImportUpdate> {
    const { identity } = file;
    let progress = await this.imports.begin(identity);
    let total = 0;
    for await (total of file.count()) {
      yield { type: 'counting', total };
      if (!options.signal.aborted) continue;
      yield { type: 'stopped', progress };
      return;
    }
    let position = 0;
    let batch = new Batch();
    const store = async (): Promise<ImportProgress> => {
      await options.admit?.();
      const stored = await this.store(identity.digest, batch, progress, options);
      batch = new Batch();
      return stored;
    };
    for await (const row of file.rows()) {
      position++;
      if ('rejection' in row) yield rejectedRow(position, row);
      if (position <= progress.position) {
        if (position % ROWS_PER_PROGRESS === 0) yield { type: 'progress', progress, total };
        if (!options.signal.aborted) continue;
        yield { type: 'stopped', progress, total };
        return;
      }
      // Files take long, and their transaction must not hold up other rows.
      if (hasFiles(row) && batch.rows > 0) {
        progress = await store();
        yield { type: 'progress', progress, total };
      }
      batch.add(row);
      if (batch.isFull || hasFiles(row)) {
        progress = await store();
        yield { type: 'progress', progress, total };
      }
      if (options.signal.aborted && batch.rows === 0) {
        yield { type: 'stopped', progress, total };
        return;
      }
    }
    if (batch.rows > 0) progress = await store();
    if (progress.position !== position) throw new ImportInProgress();
    progress = await this.imports.finish(identity.digest, position);
    yield { type: 'finished', progress, total };
  }

  private async store(
    digest: Buffer,
    batch: Batch,
    { position }: ImportProgress,
    { principal, signal }: ImportOptions,
  ): Promise<ImportProgress> {
    const end = position + batch.rows;
    let hasFailed = false;
    const attempt = async (): Promise<ImportProgress> => {
      try {
        return await this.prepared(batch, (reports) =>
          this.imports.store(digest, { after: position, reports, rejected: batch.rejected, principal }),
        );
      } catch (error) {
        // The attempt before this one may have been committed, although the server did not answer.
        const now =
          hasFailed && error instanceof ImportInProgress ? await this.imports.find(digest) : undefined;
        if (now?.position === end) return now;
        throw error;
      }
    };
    return retryWithBackoff(attempt, {
      stop: signal,
      firstMs: 200,
      maxMs: 5_000,
      onFailure: (error, failures) => {
        if (!(error instanceof StoreUnavailable) || failures >= MAX_ATTEMPTS) throw error;
        hasFailed = true;
      },
    });
  }

  /** Calls `store` with the files of the reports, which are open only meanwhile. */
  private async prepared<Result>(
    batch: Batch,
    store: (reports: readonly PreparedReport[]) => Promise<Result>,
  ): Promise<Result> {
    const [row] = batch.reports;
    if (!row?.files) return store(batch.reports.map(({ report }) => ({ report, files: [] })));
    const received = await row.files();
    try {
      return await this.withReadable(row.report, received.files, (report, files) =>
        store([{ report, files }]),
      );
    } finally {
      await received.close();
    }
  }

  /** An image that cannot be decoded does not keep its report out: a note takes its place. */
  private async withReadable<Result>(
    report: ImportedReport,
    files: readonly ReceivedFile[],
    store: (report: ImportedReport, files: readonly NewAttachment[]) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await this.attachFiles.withPrepared(files, (prepared) => store(report, prepared));
    } catch (error) {
      if (!(error instanceof UnreadableImage)) throw error;
    }
    const readable: ReceivedFile[] = [];
    const notes: string[] = [];
    for (const file of files) {
      try {
        await this.attachFiles.withPrepared([file], async () => undefined);
        readable.push(file);
      } catch (error) {
        if (!(error instanceof UnreadableImage)) throw error;
        notes.push(`(${error.message})`);
      }
    }
    const noted = { ...report, description: notes.reduce(withNote, report.description) };
    return this.attachFiles.withPrepared(readable, (prepared) => store(noted, prepared));
  }
}

/** What an import tells of a row that it rejects. */
export const rejectedRow = (
  row: number,
  { rejection: reason, original }: Extract<ImportRow, { readonly rejection: string }>,
): ImportUpdate => ({ type: 'rejected', row, reason, original });

const hasFiles = (row: ImportRow): boolean => 'report' in row && row.files !== undefined;

/** The text with a line more; a text that would become too long is cut. */
export function withNote(text: string, note: string): string {
  const whole = text === '' ? note : `${text}\n${note}`;
  if (textLength(whole) <= MAX_TEXT_LENGTH) return whole;
  const kept = Array.from(text)
    .slice(0, MAX_TEXT_LENGTH - textLength(note) - 2)
    .join('');
  return `${kept}…\n${note}`;
}

/** Rows that are stored together. */
class Batch {
  readonly reports: Extract<ImportRow, { readonly report: ImportedReport }>[] = [];
  rejected = 0;
  private length = 0;

  get rows(): number {
    return this.reports.length + this.rejected;
  }

  get isFull(): boolean {
    return this.rows >= MAX_BATCH_ROWS || this.length >= MAX_BATCH_LENGTH;
  }

  add(row: ImportRow): void {
    if ('rejection' in row) {
      this.rejected++;
      return;
    }
    this.reports.push(row);
    this.length += row.report.description.length;
  }
}
