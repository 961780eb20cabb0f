/**
 * How far a partition has been worked off. Messages are begun in the order of the partition and settled in any; the position
 * never passes one that is not settled, however often the partition is read again from further back.
 */
export class PartitionProgress {
  private readonly inHand = new Set<{ readonly offset: bigint }>();
  /** After the message that was begun last; undefined where none was since the partition was assigned. */
  private next: bigint | undefined;
  private committed: bigint | undefined;

  /** A message is begun. What this gives back is called when it is settled. */
  begin(offset: bigint): () => void {
    const message = { offset };
    this.inHand.add(message);
    this.next = offset + 1n;
    return () => void this.inHand.delete(message);
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
  }
}
