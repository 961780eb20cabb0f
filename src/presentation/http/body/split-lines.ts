import { turnPause } from '../../../shared/event-loop-turns.js';

/** A line of a stream, without its end; `tooLong` for one that was too long and was skipped. */
export type Line = { readonly bytes: Buffer } | { readonly tooLong: true };

/** The bytes of a stream, in order. */
export type Chunks = AsyncIterable<Buffer> | Iterable<Buffer>;

const NEWLINE = 0x0a;

/**
 * Splits a stream into lines, and buffers at most one line and one chunk. It yields to the event loop between the lines of a
 * chunk.
 */
export async function* splitLines(chunks: Chunks, maxBytes: number): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let length = 0;
  const endLine = (): Line => {
    const line = length > maxBytes ? { tooLong: true as const } : { bytes: join(parts) };
    parts = [];
    length = 0;
    return line;
  };
  const append = (part: Buffer) => {
    length += part.length;
    // A line that is too long is skipped to its end.
    if (length <= maxBytes) parts.push(part);
    else parts = [];
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      append(chunk.subarray(start, end));
      const pause = turnPause();
      if (pause) await pause;
      yield endLine();
      start = end + 1;
    }
    if (start < chunk.length) append(chunk.subarray(start));
  }
  if (length > 0) yield endLine();
}

/** Does not copy a line within one chunk: memory outside V8's heap is reclaimed late. */
function join(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
