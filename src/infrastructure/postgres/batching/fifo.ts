/** So many places of taken items are kept before the rest is copied. */
const MAX_TAKEN = 1_024;

/** First in, first out: the first one is taken in constant time, however many there are. */
export class Fifo<Item> {
  private items: (Item | undefined)[] = [];
  private taken = 0;

  get length(): number {
    return this.items.length - this.taken;
  }

  get first(): Item | undefined {
    return this.items[this.taken];
  }

  push(item: Item): void {
    this.items.push(item);
  }

  shift(): Item | undefined {
    const item = this.first;
    if (this.length === 0) return undefined;
    this.items[this.taken++] = undefined;
    if (this.taken === this.items.length || (this.taken > MAX_TAKEN && this.taken > this.length)) {
      this.items = this.items.slice(this.taken);
      this.taken = 0;
    }
    return item;
  }
}
