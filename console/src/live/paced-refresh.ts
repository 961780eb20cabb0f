/** Reads something again when it is outdated: at once, but at most once in an interval, and never twice at the same time. */
export class PacedRefresh {
  private isRunning = false;
  private isOutdated = false;

  /**
   * @param read never rejects.
   * @param pause resolves after so many milliseconds.
   */
  constructor(
    private readonly read: () => Promise<void>,
    private readonly intervalMs: number,
    private readonly pause: (ms: number) => Promise<unknown>,
  ) {}

  /** What is read already may be outdated: it is read once more. */
  request(): void {
    this.isOutdated = true;
    if (!this.isRunning) void this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.isOutdated) {
      this.isOutdated = false;
      await this.read();
      await this.pause(this.intervalMs);
    }
    this.isRunning = false;
  }
}
