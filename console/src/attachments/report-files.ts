import { type ReadonlySignal, signal } from '@preact/signals';
import { FileProblem, MAX_REPORT_FILES, requireSize } from './received-files.js';

/**
 * The files that are sent with the new report. They stay chosen while its dialog is closed and until the service has confirmed them, but no browser
 * stores them: they are lost with the page.
 */
export class ReportFiles {
  private readonly current = signal<readonly File[]>([]);

  get files(): ReadonlySignal<readonly File[]> {
    return this.current;
  }

  /** @throws FileProblem if one is too large or they are too many: those that fit are added. */
  add(files: readonly File[]): void {
    let problem: FileProblem | undefined;
    for (const file of files) {
      try {
        requireSize(file);
        if (this.current.value.length >= MAX_REPORT_FILES) throw new FileProblem('attachment.too-many-files');
        this.current.value = [...this.current.value, file];
      } catch (error) {
        if (!(error instanceof FileProblem)) throw error;
        problem ??= error;
      }
    }
    if (problem) throw problem;
  }

  remove(file: File): void {
    this.forget([file]);
  }

  /** Forgets files that are sent; those that were added since stay. */
  forget(sent: readonly File[]): void {
    this.current.value = this.current.value.filter((file) => !sent.includes(file));
  }
}
