/** How much may be in flight at once; the values may change meanwhile. */
export interface Window {
  readonly items: number;
  readonly bytes: number;
}

interface Pending {
  readonly bytes: number;
  /** Undefined until `answer` resolves. */
  answer: string | undefined;
}

/** A condition that one side of a stream waits for. */
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
 * Runs `answer` for many items concurrently, and yields the answers in the order of the items as soon as they are available,
 * several of them joined. The window bounds what is in flight: past it no item is read until an answer has been consumed.
 * @param answer must not reject.
 */
export async function* orderedConcurrency<Item>(
  items: AsyncIterable<Item>,
  answer: (item: Item) => Promise<string>,
  sizeOf: (item: Item) => number,
  window: Window,
): AsyncGenerator<string> {
  const [answered, consumed] = [new Signal(), new Signal()];
  const state = { pending: [] as Pending[], bytes: 0, ended: false };

  const start = async (item: Item): Promise<void> => {
    const pending: Pending = { bytes: sizeOf(item), answer: undefined };
    state.pending.push(pending);
    state.bytes += pending.bytes;
    pending.answer = await answer(item);
    if (state.pending[0] === pending) answered.send();
  };
  const readAll = async (): Promise<void> => {
    for await (const item of items) {
      void start(item);
      while (!state.ended && (state.pending.length >= window.items || state.bytes >= window.bytes)) {
        await consumed.next();
      }
      if (state.ended) return;
    }
  };
  let failure: unknown;
  const reading = readAll()
    .catch((error: unknown) => (failure = error))
    .finally(() => {
      state.ended = true;
      answered.send();
    });

  try {
    while (!state.ended || state.pending.length > 0) {
      const unanswered = state.pending.findIndex((each) => each.answer === undefined);
      const count = unanswered === -1 ? state.pending.length : unanswered;
      if (count === 0) {
        await answered.next();
        continue;
      }
      const ready = state.pending.splice(0, count);
      for (const { bytes } of ready) state.bytes -= bytes;
      consumed.send();
      yield ready.map((each) => each.answer).join('');
    }
    if (failure) throw failure;
  } finally {
    state.ended = true;
    consumed.send();
    await reading;
  }
}
