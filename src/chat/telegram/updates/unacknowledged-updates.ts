/**
 * The updates that are not acknowledged to Telegram yet. An acknowledgement is one number, below which all updates are
 * finished: until then Telegram delivers those again that were finished ahead of an unfinished one, and they must be known.
 */
export class UnacknowledgedUpdates {
  /** From the first unfinished update on, by their ids, in order: whether each is finished. */
  private readonly updates = new Map<number, boolean>();
  private nextOffset: number | undefined;

  /** @returns false if the update was delivered before. */
  begin(id: number): boolean {
    if (this.updates.has(id) || id < (this.nextOffset ?? -Infinity)) return false;
    this.updates.set(id, false);
    return true;
  }

  /** Records that the update is finished for good. */
  finish(id: number): void {
    this.updates.set(id, true);
    for (const [first, isFinished] of this.updates) {
      if (!isFinished) return;
      this.updates.delete(first);
      this.nextOffset = first + 1;
    }
  }

  /** The id below which all updates are finished; undefined where that is acknowledged. */
  get offset(): number | undefined {
    return this.nextOffset;
  }

  /** Records that this offset was sent to Telegram. */
  acknowledged(offset: number | undefined): void {
    // Sent again and again, it would hide all updates where Telegram restarts its ids, as it does after a week without updates.
    if (offset === this.nextOffset) this.nextOffset = undefined;
  }

  /** How many there are from the first unfinished update on; 0 where all are finished. */
  get size(): number {
    return this.updates.size;
  }
}
