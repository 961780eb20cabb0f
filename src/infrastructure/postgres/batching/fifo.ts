/** The number of slots of removed items from which on the remaining items are copied. */
const MAX_REMOVED_SLOTS = 1_024;

/** A queue: `shift` takes amortised constant time, however long the queue is. */
export class Fifo<Item> {
  private items: (Item | undefined)[] = [];
  private removed = 0;

  get length(): number {
    return this.items.length - this.removed;
  }

  get first(): Item | undefined {
    return this.items[this.removed];
  }

  push(item: Item): void {
    this.items.push(item);
  }

  shift(): Item | undefined {
    const item = this.first;
    if (this.length === 0) return undefined;
    this.items[this.removed++] = undefined;
    if (
      this.removed === this.items.length ||
      (this.removed > MAX_REMOVED_SLOTS && this.removed > this.length)
    ) {
      this.items = this.items.slice(this.removed);
      this.removed = 0;
    }
    return item;
  }
}
