/** The smallest budget, in bytes: some twenty short reports. */
const MIN_BYTES = 16 * 1024;

/**
 * How many bytes a batch may have, so that it takes about as long as it may: a batch that took longer halves the budget,
 * and quick ones let it grow again. How long bytes take depends on the machine, on the texts and on what else there is to do.
 */
export class BatchBudget {
  private current: number;

  /** @param targetMs how long a batch may take. */
  constructor(
    private readonly maxBytes: number,
    private readonly targetMs: number,
  ) {
    this.current = maxBytes;
  }

  get bytes(): number {
    return this.current;
  }

  /** Takes account of a batch of so many bytes. A small one that was slow waited for something else. */
  record(bytes: number, milliseconds: number): void {
    if (milliseconds > this.targetMs) {
      if (bytes * 2 >= this.current) this.current = Math.max(this.current / 2, MIN_BYTES);
    } else if (milliseconds * 2 < this.targetMs) {
      this.current = Math.min(this.current * 1.5, this.maxBytes);
    }
  }
}
