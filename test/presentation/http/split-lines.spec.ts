import fc from 'fast-check';
import { splitLines } from '../../../src/presentation/http/body/split-lines.js';

async function read(chunks: Buffer[], maxLength: number) {
  const lines: string[] = [];
  async function* stream() {
    yield* chunks;
  }
  for await (const line of splitLines(stream(), maxLength))
    lines.push('bytes' in line ? line.bytes.toString('latin1') : '!');
  return lines;
}

describe('splitLines', () => {
  it('yields the same lines for any chunks, and skips lines that are too long', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 60 });
    const cuts = fc.array(fc.nat(60), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(text, cuts, fc.integer({ min: 1, max: 6 }), async (whole, at, maxLength) => {
        const ends = [
          0,
          ...at.map((cut) => Math.min(cut, whole.length)).toSorted((a, b) => a - b),
          whole.length,
        ];
        const chunks = ends.slice(1).map((end, i) => Buffer.from(whole.slice(ends[i], end)));
        const expected = whole.split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(await read(chunks, maxLength)).toEqual(
          expected.map((line) => (line.length > maxLength ? '!' : line)),
        );
      }),
    );
  });
});
