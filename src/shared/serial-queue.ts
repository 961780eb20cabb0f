/** Runs work one after the other, in the background. After a failure it runs no more. */
export class SerialQueue {
  private last: Promise<void> = Promise.resolve();

  put(work: () => Promise<void>): void {
    this.last = this.last.then(work);
    // `ended` rejects with a failure; nobody may be waiting for it yet.
    this.last.catch(() => undefined);
  }

  /** Resolves when all work is done. @throws the error of work that failed. */
  async ended(): Promise<void> {
    await this.last;
  }
}
