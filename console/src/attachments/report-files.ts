import { type ReadonlySignal, signal } from '@preact/signals';
import { FileProblem, MAX_REPORT_FILES, requireSize } from './received-files.js';

/**
 * The files that are sent with the new report. They stay chosen while its dialog is closed and until the service has confirmed them, but no browser
 * stores them: they are lost with the page.
 */
export class ReportFiles {
  private readonly current = signal<readonly File[]>([]);
  private readonly refusal = signal<FileProblem | undefined>(undefined);

  get files(): ReadonlySignal<readonly File[]> {
    return this.current;
  }

  /** Why some of the files that were added last are not among them. */
  get problem(): ReadonlySignal<FileProblem | undefined> {
    return this.refusal;
  }

  /** Adds files; those that the service would refuse are left out. */
  add(files: readonly File[]): void {
    this.refusal.value = undefined;
    for (const file of files) {
      try {
        requireSize(file);
        if (this.current.value.length >= MAX_REPORT_FILES) throw new FileProblem('attachment.too-many-files');
        this.current.value = [...this.current.value, file];
      } catch (error) {
        if (!(error instanceof FileProblem)) throw error;
        this.refusal.value ??= error;
      }
    }
  }

  /** Forgets files, for example those that are sent: others that were added since stay. */
  remove(files: readonly File[]): void {
    this.refusal.value = undefined;
    this.current.value = this.current.value.filter((file) => !files.includes(file));
  }
}
