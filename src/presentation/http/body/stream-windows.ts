import type { Window } from './ordered-concurrency.js';

/** How much of all streams is under way at once: some dozen batches, which is enough to fill them. */
const ALL_STREAMS = { items: 4_096, bytes: 2 * 1024 * 1024 } as const;

/** How much of one stream is under way at once. */
const ONE_STREAM = { items: 1_024, bytes: 1024 * 1024 } as const;

/**
 * Shares out what may be under way among the streams that are open: the same to each principal, and to each of its streams. A
 * stream that is past its share takes no line until some are answered, and has one line under way in any case.
 */
export class StreamWindows {
  private readonly streams = new Map<string, number>();

  /** The window of a new stream; `close` it when the stream has ended. */
  open(principal: string): Window & { close(): void } {
    const { streams } = this;
    streams.set(principal, (streams.get(principal) ?? 0) + 1);
    const share = (all: number, most: number) =>
      Math.max(Math.min(Math.floor(all / streams.size / (streams.get(principal) ?? 1)), most), 1);
    return {
      get items() {
        return share(ALL_STREAMS.items, ONE_STREAM.items);
      },
      get bytes() {
        return share(ALL_STREAMS.bytes, ONE_STREAM.bytes);
      },
      close() {
        const others = streams.get(principal)! - 1;
        if (others === 0) streams.delete(principal);
        else streams.set(principal, others);
      },
    };
  }
}
