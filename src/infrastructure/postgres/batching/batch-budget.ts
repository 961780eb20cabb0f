/** The smallest budget, in bytes: some twenty short reports. */
const MIN_BYTES = 16 * 1024;

/**
 * The size limit of a batch, in bytes. It adapts to a target duration: a slow batch halves it, and fast batches let it grow
 * again. The duration of so many bytes depends on the machine, on the texts and on the load.
 */
export class BatchBudget {
  private current: number;

  /** @param targetMs the target duration of a batch. */
  constructor(
    private readonly maxBytes: number,
    private readonly targetMs: number,
  ) {
    this.current = maxBytes;
  }

  get bytes(): number {
    return this.current;
  }

  /** Adapts the budget to the duration of a batch. A small batch that was slow says nothing about its size: it is ignored. */
  record(bytes: number, milliseconds: number): void {
    if (milliseconds > this.targetMs) {
      if (bytes * 2 >= this.current) this.current = Math.max(this.current / 2, MIN_BYTES);
    } else if (milliseconds * 2 < this.targetMs) {
      this.current = Math.min(this.current * 1.5, this.maxBytes);
    }
  }
}
