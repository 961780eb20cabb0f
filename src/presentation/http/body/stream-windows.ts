import { Counts } from '../../../shared/counts.js';
import type { Window } from './ordered-concurrency.js';

/** How much of all streams together is in flight: enough to fill some dozen batches. */
const MAX_OF_ALL_STREAMS = { items: 4_096, bytes: 2 * 1024 * 1024 } as const;

/** How much of one stream is in flight. */
const MAX_OF_ONE_STREAM = { items: 1_024, bytes: 1024 * 1024 } as const;

/**
 * Divides what may be in flight among the open streams: equally among the principals, and among the streams of each. A stream
 * that has used its share reads no line until some are answered; every stream may have one line in flight.
 */
export class StreamWindows {
  private readonly streams = new Counts();

  /** The window of a new stream; `close` it when the stream ends. */
  open(principal: string): Window & { close(): void } {
    const { streams } = this;
    streams.increment(principal);
    const share = (total: number, max: number) =>
      Math.max(Math.min(Math.floor(total / streams.size / streams.of(principal)), max), 1);
    return {
      get items() {
        return share(MAX_OF_ALL_STREAMS.items, MAX_OF_ONE_STREAM.items);
      },
      get bytes() {
        return share(MAX_OF_ALL_STREAMS.bytes, MAX_OF_ONE_STREAM.bytes);
      },
      close() {
        streams.decrement(principal);
      },
    };
  }
}
