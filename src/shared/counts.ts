/** Counts by key. A key without a count takes no memory. */
export class Counts {
  private readonly counts = new Map<string, number>();

  /** The number of keys with a count. */
  get size(): number {
    return this.counts.size;
  }

  of(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  increment(key: string): void {
    this.counts.set(key, this.of(key) + 1);
  }

  decrement(key: string): void {
    const count = this.of(key) - 1;
    if (count > 0) this.counts.set(key, count);
    else this.counts.delete(key);
  }
}
