import type { NewAttachment } from '../attachments/attachment-repository.js';
import type { IncidentStatus } from '../../domain/incident/incident-status.js';
import type { Report } from '../../domain/incident/incident-state.js';

/** What makes two imports the same: they are resumed, and never repeated. */
export interface ImportIdentity {
  /** SHA-256 of the bytes of the file. */
  readonly digest: Buffer;
  /** How rows become reports, as a canonical text. */
  readonly settings: string;
}

/** How far the import of a file is. */
export interface ImportProgress {
  /** The number of rows that are done: each of them is imported or rejected for good. */
  readonly position: number;
  readonly accepted: number;
  readonly rejected: number;
  /** When its last row was done; undefined before that. */
  readonly finishedAt: Date | undefined;
}

/** A report from a file, and the status that its incident has there. */
export interface ImportedReport extends Omit<Report, 'at'> {
  readonly status?: IncidentStatus;
}

/** A report with its files, prepared as those of any report. */
export interface PreparedReport {
  readonly report: ImportedReport;
  readonly files: readonly NewAttachment[];
}

/** The next rows of a file. */
export interface ImportBatch {
  /** The position after which they come. */
  readonly after: number;
  readonly reports: readonly PreparedReport[];
  /** How many of the rows are rejected. */
  readonly rejected: number;
  /** Whose files they are. */
  readonly principal: string;
}

/**
 * The imports of files. How far an import is, is stored together with its incidents in one transaction: each row is imported once,
 * whenever it is killed and however often it is started again, and also months later.
 */
export abstract class ImportRepository {
  /**
   * The import of a file, which begins now or has begun before. One of which no row was accepted begins again.
   * @throws ImportedWithOtherSettings or StoreUnavailable.
   */
  abstract begin(identity: ImportIdentity): Promise<ImportProgress>;

  /** The import of a file; undefined if it has not begun. @throws StoreUnavailable */
  abstract find(digest: Buffer): Promise<ImportProgress | undefined>;

  /**
   * Commits rows, all of them or none, if the import is where they begin.
   * @throws ImportInProgress if it is not; StoreUnavailable, and OutcomeUnknown if they may be committed.
   */
  abstract store(digest: Buffer, batch: ImportBatch): Promise<ImportProgress>;

  /** Marks the import of a file with so many rows as finished. @throws ImportInProgress or StoreUnavailable. */
  abstract finish(digest: Buffer, position: number): Promise<ImportProgress>;
}
