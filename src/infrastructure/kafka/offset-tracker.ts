/**
 * How far a partition has been worked off. Messages are begun in the order of the partition and settled in any; the position
 * never passes one that is not settled, however often the partition is read again from further back.
 */
export class OffsetTracker {
  private readonly inHand = new Set<{ readonly offset: bigint }>();
  /** Runs of offsets without messages that are still ahead: the end of each, by its start. */
  private readonly skipped = new Map<bigint, bigint>();
  /** After the message that was begun last; undefined where none was since the partition was assigned. */
  private next: bigint | undefined;
  private committed: bigint | undefined;

  /** A message is begun. What this gives back is called when it is settled. */
  begin(offset: bigint): () => void {
    const message = { offset };
    this.inHand.add(message);
    this.moveTo(offset + 1n);
    return () => void this.inHand.delete(message);
  }

  /**
   * The offsets from `start` up to `end`, without it, hold no message: control records, or those of aborted transactions. They
   * are passed once all before them has begun.
   * @param committed what the group has committed: where nothing has begun yet, all before it is settled.
   */
  skip(start: bigint, end: bigint, committed: bigint | undefined): void {
    this.skipped.set(start, end);
    const next = this.next ?? committed;
    if (next !== undefined && next === start) this.moveTo(start);
  }

  /** What is to be committed: all before it is settled. Undefined where that is committed, or not known. */
  get position(): bigint | undefined {
    let position = this.next;
    if (position === undefined) return undefined;
    for (const { offset } of this.inHand) if (offset < position) position = offset;
    return this.committed !== undefined && position <= this.committed ? undefined : position;
  }

  /** This position is committed. */
  commit(position: bigint): void {
    this.committed = position;
  }

  /**
   * The partitions have been shared out anew. Another may have had this one meanwhile, and have committed more or less: what
   * was begun before says nothing of the position any more, though what of it is not settled still holds it back.
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
