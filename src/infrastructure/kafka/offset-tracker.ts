/**
 * Tracks which offset of a partition may be committed. Messages are read in the order of the partition and complete in any order;
 * the position never passes an in-flight message, however often the partition is read again from an earlier offset.
 */
export class OffsetTracker {
  private readonly inFlight = new Set<{ readonly offset: bigint }>();
  /** Offset ranges without messages after `next`: the end of each range by its start. */
  private readonly skipped = new Map<bigint, bigint>();
  /** The offset after the last message that was read; undefined if none was since the partition was assigned. */
  private next: bigint | undefined;
  private committed: bigint | undefined;

  /** Adds a message that was read. Call the result when the message is processed. */
  add(offset: bigint): () => void {
    const message = { offset };
    this.inFlight.add(message);
    this.advanceTo(offset + 1n);
    return () => void this.inFlight.delete(message);
  }

  /**
   * The offsets from `start` up to `end`, without it, hold no message: control records, or those of aborted transactions. They
   * are passed once all messages before them have been read.
   * @param committed the committed offset of the group: everything before it is processed, even if no message was read here.
   */
  skip(start: bigint, end: bigint, committed: bigint | undefined): void {
    this.skipped.set(start, end);
    const next = this.next ?? committed;
    if (next !== undefined && next === start) this.advanceTo(start);
  }

  /** The offset to commit: everything before it is processed. Undefined if it is already committed, or unknown. */
  get position(): bigint | undefined {
    let position = this.next;
    if (position === undefined) return undefined;
    for (const { offset } of this.inFlight) if (offset < position) position = offset;
    return this.committed !== undefined && position <= this.committed ? undefined : position;
  }

  /** Records that this position is committed. */
  commit(position: bigint): void {
    this.committed = position;
  }

  /**
   * Handles a rebalance. Another member may have owned this partition meanwhile, and have committed more or less: messages that
   * were read before no longer advance the position, but those in flight still hold it back.
   */
  reset(): void {
    this.next = undefined;
    this.committed = undefined;
    this.skipped.clear();
  }

  private advanceTo(next: bigint): void {
    this.next = next;
    for (let end; (end = this.skipped.get(this.next)) !== undefined;) this.next = end;
    for (const start of this.skipped.keys()) if (start < this.next) this.skipped.delete(start);
  }
}
