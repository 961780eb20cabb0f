/** How much may be under way at once; it may change meanwhile. */
export interface Window {
  readonly items: number;
  readonly bytes: number;
}

interface Pending {
  readonly answer: Promise<string>;
  readonly bytes: number;
}

/** Something that both sides of a stream wait for: a change in what is under way. */
class Change {
  private wake: (() => void) | undefined;

  happened(): void {
    this.wake?.();
    this.wake = undefined;
  }

  /** One side waits at a time: the one that gives when nothing is under way, the one that takes when all is. */
  next(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }
}

/**
 * Lets `answer` work on many items at once, and gives the answers in the order of the items, as soon as they are there
 * and joined where several are. What is under way is bounded: past it no item is taken until an answer has been fetched.
 * `answer` must not reject.
 */
export async function* inOrder<Item>(
  items: AsyncIterable<Item>,
  answer: (item: Item) => Promise<string>,
  sizeOf: (item: Item) => number,
  window: Window,
): AsyncGenerator<string> {
  const change = new Change();
  const state = { pending: [] as Pending[], bytes: 0, ended: false };

  const take = async (): Promise<void> => {
    for await (const item of items) {
      const bytes = sizeOf(item);
      state.pending.push({ answer: answer(item), bytes });
      state.bytes += bytes;
      change.happened();
      while (!state.ended && (state.pending.length >= window.items || state.bytes >= window.bytes)) {
        await change.next();
      }
      if (state.ended) return;
    }
  };
  let failure: unknown;
  const taking = take()
    .catch((error: unknown) => (failure = error))
    .finally(() => {
      state.ended = true;
      change.happened();
    });

  try {
    while (!state.ended || state.pending.length > 0) {
      if (state.pending.length === 0) {
        await change.next();
        continue;
      }
      const batch = state.pending.slice(0, Math.ceil(window.items / 2));
      const answers = await Promise.all(batch.map((each) => each.answer));
      state.pending.splice(0, batch.length);
      for (const { bytes } of batch) state.bytes -= bytes;
      change.happened();
      yield answers.join('');
    }
    if (failure) throw failure;
  } finally {
    state.ended = true;
    change.happened();
    await taking;
  }
}
