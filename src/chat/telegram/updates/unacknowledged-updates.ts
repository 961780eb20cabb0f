/**
 * The updates that Telegram is not to forget yet. It is told one number, below which all is done with: until then it
 * delivers again what was done with ahead of an update that waits, and that must be known.
 */
export class UnacknowledgedUpdates {
  /** From the first that waits on, by their ids, in order: whether each is done with. */
  private readonly open = new Map<number, boolean>();
  private confirmable: number | undefined;

  /** @returns false where the update was delivered before. */
  begin(id: number): boolean {
    if (this.open.has(id) || id < (this.confirmable ?? -Infinity)) return false;
    this.open.set(id, false);
    return true;
  }

  /** The update is done with for good. */
  end(id: number): void {
    this.open.set(id, true);
    for (const [first, isDone] of this.open) {
      if (!isDone) return;
      this.open.delete(first);
      this.confirmable = first + 1;
    }
  }

  /** The id below which all are done with; undefined where Telegram knows that. */
  get offset(): number | undefined {
    return this.confirmable;
  }

  /** Telegram has been told of this offset. */
  confirmed(offset: number | undefined): void {
    // To go on naming it would hide all that comes where Telegram begins to count anew, as it does after a week without
    // updates.
    if (offset === this.confirmable) this.confirmable = undefined;
  }

  /** How many there are from the first that waits on; 0 where none waits. */
  get size(): number {
    return this.open.size;
  }
}
