/**
 * The progress of a partition. Messages begin in the order of the partition and are settled in any order; the position never passes
 * an unsettled message, however often the partition is read again from an earlier offset.
 */
export class OffsetTracker {
  private readonly inFlight = new Set<{ readonly offset: bigint }>();
  /** Runs of offsets without messages beyond `next`: the end of each, by its start. */
  private readonly skipped = new Map<bigint, bigint>();
  /** The offset after the last message that began; undefined if none did since the partition was assigned. */
  private next: bigint | undefined;
  private committed: bigint | undefined;

  /** Begins a message. Call the result when the message is settled. */
  begin(offset: bigint): () => void {
    const message = { offset };
    this.inFlight.add(message);
    this.moveTo(offset + 1n);
    return () => void this.inFlight.delete(message);
  }

  /**
   * The offsets from `start` up to `end`, without it, hold no message: control records, or those of aborted transactions. They
   * are passed once all messages before them have begun.
   * @param committed what the group has committed: where nothing has begun yet, all before it is settled.
   */
  skip(start: bigint, end: bigint, committed: bigint | undefined): void {
    this.skipped.set(start, end);
    const next = this.next ?? committed;
    if (next !== undefined && next === start) this.moveTo(start);
  }

  /** The offset to commit: everything before it is settled. Undefined if it is committed already, or unknown. */
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
   * Handles a rebalance. Another member may have had this partition meanwhile and have committed more or less: messages that began
   * before no longer define the position, but unsettled ones still hold it back.
   */
  reassigned(): void {
    this.next = undefined;
    this.committed = undefined;
    this.skipped.clear();
  }

  private moveTo(next: bigint): void {
    this.next = next;
    for (let end; (end = this.skipped.get(this.next)) !== undefined;) this.next = end;
    for (const start of this.skipped.keys()) if (start < this.next) this.skipped.delete(start);
  }
}
