/** How much may be under way at once. */
export interface Window {
  readonly items: number;
  readonly bytes: number;
}

interface Pending {
  readonly answer: Promise<string>;
  readonly bytes: number;
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
  const pending: Pending[] = [];
  let bytes = 0;
  let wake = () => {};
  const change = () => new Promise<void>((resolve) => (wake = resolve));
  const isFull = () => pending.length >= window.items || bytes >= window.bytes;

  let ended = false;
  let failure: unknown;
  const taking = (async () => {
    for await (const item of items) {
      pending.push({ answer: answer(item), bytes: sizeOf(item) });
      bytes += sizeOf(item);
      wake();
      while (isFull() && !ended) await change();
      if (ended) return;
    }
  })()
    .catch((error: unknown) => (failure = error))
    .finally(() => {
      ended = true;
      wake();
    });

  try {
    while (!ended || pending.length > 0) {
      if (pending.length === 0) {
        await change();
        continue;
      }
      const batch = pending.slice(0, Math.ceil(window.items / 2));
      const answers = await Promise.all(batch.map((each) => each.answer));
      pending.splice(0, batch.length);
      for (const each of batch) bytes -= each.bytes;
      wake();
      yield answers.join('');
    }
    if (failure) throw failure;
  } finally {
    ended = true;
    wake();
    await taking;
  }
}
