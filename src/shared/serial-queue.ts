/** Work that is done one after the other, beside all else. After a failure nothing more of it is done. */
export class SerialQueue {
  private last: Promise<void> = Promise.resolve();

  put(work: () => Promise<void>): void {
    this.last = this.last.then(work);
    // Whoever waits for the end hears of a failure; nobody may be waiting yet.
    this.last.catch(() => undefined);
  }

  /** Resolves when all that was put is done. @throws what it has failed with. */
  async ended(): Promise<void> {
    await this.last;
  }
}
