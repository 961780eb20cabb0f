import { DomainError } from '../domain-error.js';

/** Another process imports the same file now: it has stored rows meanwhile. */
export class ImportInProgress extends DomainError {
  constructor() {
    super('import.in-progress', 'Another import of this file is running.');
  }
}

/** Rows of the same file were imported with other settings: to import them again would duplicate them. */
export class ImportedWithOtherSettings extends DomainError {
  /** @param accepted the number of rows that were imported. */
  constructor(accepted: number) {
    const message =
      `${accepted} rows of this file were imported with other settings before. ` +
      'Correct the rejected rows, and import them as a file of their own.';
    super('import.other-settings', message, { accepted });
  }
}

/** A file that cannot be read as what it is said to be. */
export class UnreadableFile extends DomainError {
  /** @param reason as a clause. */
  constructor(reason: string) {
    super('import.unreadable-file', `The file cannot be imported: ${reason}.`);
  }
}
