/** How much may be under way at once; it may change meanwhile. */
export interface Window {
  readonly items: number;
  readonly bytes: number;
}

interface Pending {
  readonly bytes: number;
  /** Undefined until it is there. */
  answer: string | undefined;
}

/** Something that one side of a stream waits for. */
class Signal {
  private wake: (() => void) | undefined;

  send(): void {
    this.wake?.();
    this.wake = undefined;
  }

  next(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }
}

/**
 * Lets `answer` work on many items at once, and gives the answers in the order of the items, as soon as they are there
 * and joined where several are. What is under way is bounded: past it no item is taken until an answer has been fetched.
 * `answer` must not reject.
 */
export async function* orderedConcurrency<Item>(
  items: AsyncIterable<Item>,
  answer: (item: Item) => Promise<string>,
  sizeOf: (item: Item) => number,
  window: Window,
): AsyncGenerator<string> {
  const [answered, fetched] = [new Signal(), new Signal()];
  const state = { pending: [] as Pending[], bytes: 0, ended: false };

  const begin = async (item: Item): Promise<void> => {
    const pending: Pending = { bytes: sizeOf(item), answer: undefined };
    state.pending.push(pending);
    state.bytes += pending.bytes;
    pending.answer = await answer(item);
    if (state.pending[0] === pending) answered.send();
  };
  const take = async (): Promise<void> => {
    for await (const item of items) {
      void begin(item);
      while (!state.ended && (state.pending.length >= window.items || state.bytes >= window.bytes)) {
        await fetched.next();
      }
      if (state.ended) return;
    }
  };
  let failure: unknown;
  const taking = take()
    .catch((error: unknown) => (failure = error))
    .finally(() => {
      state.ended = true;
      answered.send();
    });

  try {
    while (!state.ended || state.pending.length > 0) {
      const open = state.pending.findIndex((each) => each.answer === undefined);
      const count = open === -1 ? state.pending.length : open;
      if (count === 0) {
        await answered.next();
        continue;
      }
      const ready = state.pending.splice(0, count);
      for (const { bytes } of ready) state.bytes -= bytes;
      fetched.send();
      yield ready.map((each) => each.answer).join('');
    }
    if (failure) throw failure;
  } finally {
    state.ended = true;
    fetched.send();
    await taking;
  }
}
