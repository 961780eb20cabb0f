/** So much of an answer is built at once: a page of the default size, with short texts. */
const MAX_ITEMS = 50;
const MAX_CHARACTERS = 50_000;

/**
 * Spreads the building of large answers over turns of the event loop, one answer a turn. Pages of 200 incidents, asked
 * for on many connections, take milliseconds each; what others have sent is handled between two of them.
 */
export class Turns {
  private readonly waiting: (() => void)[] = [];

  /** Resolves in a turn in which no other large answer is built; at once for a small one. */
  async toAnswer<Item>(items: readonly Item[], textOf: (item: Item) => string): Promise<void> {
    if (!isLarge(items, textOf)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.push(resolve);
    if (this.waiting.length === 1) this.schedule();
    await promise;
  }

  private schedule(): void {
    setImmediate(() => {
      this.waiting.shift()!();
      if (this.waiting.length > 0) this.schedule();
    });
  }
}

function isLarge<Item>(items: readonly Item[], textOf: (item: Item) => string): boolean {
  if (items.length > MAX_ITEMS) return true;
  let characters = 0;
  for (const item of items) characters += textOf(item).length;
  return characters > MAX_CHARACTERS;
}
