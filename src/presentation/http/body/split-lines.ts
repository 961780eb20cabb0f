import { turnPause } from '../../../shared/event-loop-turns.js';

/** A line of a stream, without its end; `tooLong` where it was longer than it may be, and was passed over. */
export type Line = { readonly bytes: Buffer } | { readonly tooLong: true };

const NEWLINE = 0x0a;

/**
 * Cuts a stream into lines, and holds no more of it than one line and one chunk. However many lines a chunk has, other work is
 * done between them.
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>, maxLength: number): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let length = 0;
  const take = (): Line => {
    const line = length > maxLength ? { tooLong: true as const } : { bytes: joined(parts) };
    parts = [];
    length = 0;
    return line;
  };
  const keep = (part: Buffer) => {
    length += part.length;
    // Of a line that is too long only the end is waited for.
    if (length <= maxLength) parts.push(part);
    else parts = [];
  };
  for await (const chunk of chunks) {
    let begin = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, begin)) {
      keep(chunk.subarray(begin, end));
      const pause = turnPause();
      if (pause) await pause;
      yield take();
      begin = end + 1;
    }
    if (begin < chunk.length) keep(chunk.subarray(begin));
  }
  if (length > 0) yield take();
}

/** A line within one chunk is not copied: what is outside of V8's heap is slow to be given back. */
function joined(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
