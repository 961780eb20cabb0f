import fc from 'fast-check';
import {
  BUCKET_WIDTH,
  MAX_PERCENTILE_ERROR,
  percentileOf,
} from '../../../src/domain/statistics/statistics.js';
import { daysIn, mondayOf, partsOf, rangeOf } from '../../../src/domain/statistics/statistics-range.js';

/** As `duration_bucket` in the database. */
const bucketOf = (seconds: number) => Math.floor(Math.log(Math.max(seconds, 1)) / Math.log(BUCKET_WIDTH));

function durationsOf(ended: readonly number[], censored: number) {
  const counts = Map.groupBy(ended, bucketOf);
  const buckets = [...counts].map(([bucket, some]) => ({ bucket, count: some.length }));
  return { buckets: buckets.toSorted((a, b) => a.bucket - b.bucket), censored };
}

/** The percentile of all durations, where those that have not ended are infinite. */
function exactPercentile(ended: readonly number[], censored: number, share: number): number | undefined {
  const all = [...ended, ...Array<number>(censored).fill(Infinity)].toSorted((a, b) => a - b);
  const found = all[Math.ceil(all.length * share) - 1];
  return found === Infinity ? undefined : found;
}

describe('a percentile of durations', () => {
  const ended = fc.array(fc.double({ min: 1, max: 1e8, noNaN: true }), { maxLength: 60 });

  it('is the exact one within its error, and undefined exactly where that falls among the censored', () => {
    fc.assert(
      fc.property(ended, fc.nat(40), fc.constantFrom(0.5, 0.9, 1), (some, censored, share) => {
        const exact = exactPercentile(some, censored, share);
        const found = percentileOf(durationsOf(some, censored), share);
        if (exact === undefined) expect(found).toBeUndefined();
        // A thousandth more for the rounding.
        else expect(Math.abs(found! / exact - 1)).toBeLessThanOrEqual(MAX_PERCENTILE_ERROR + 0.001);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is within 5 %', () => expect(MAX_PERCENTILE_ERROR).toBeLessThan(0.05));

  it.each([
    ['none at all', [], 0, undefined],
    ['only open ones', [], 3, undefined],
    ['as many that ended as are open', [60, 60], 2, 60],
    ['more that are open', [60, 60], 3, undefined],
  ])('of %s', (_, some, censored, expected) => {
    const found = percentileOf(durationsOf(some, censored), 0.5);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found! / expected).toBeCloseTo(1, 1);
  });
});

describe('a range of statistics', () => {
  const day = fc
    .date({ min: new Date('1999-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10));
  const daysOf = ({ from, to }: { from: string; to: string }) =>
    Array.from({ length: Math.max(daysIn({ from, to }), 0) }, (_, n) =>
      new Date(Date.parse(from) + n * 86_400_000).toISOString().slice(0, 10),
    );

  it('is divided into quarters, weeks and days, each day once', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: 1, max: 366 }), (from, length) => {
        const to = new Date(Date.parse(from) + length * 86_400_000).toISOString().slice(0, 10);
        const parts = partsOf({ from, to });
        expect(parts.flatMap(daysOf)).toEqual(daysOf({ from, to }));
        for (const part of parts) {
          expect(daysIn(part) % part.span).toBe(0);
          if (part.span > 1) expect(new Date(part.from).getUTCDay()).toBe(1);
        }
        expect(parts.reduce((sum, part) => sum + daysIn(part) / part.span, 0)).toBeLessThanOrEqual(
          4 + 24 + 12,
        );
      }),
    );
  });

  it.each([
    [undefined, undefined, '2026-11-01', '2026-12-01'],
    ['2026-01-01', undefined, '2026-01-01', '2026-01-31'],
    [undefined, '2026-01-31', '2026-01-01', '2026-01-31'],
  ])('from %s to %s is 30 days', (from, to, first, end) =>
    expect(rangeOf(from, to, new Date('2026-11-30T23:59:59Z'))).toEqual({ from: first, to: end }),
  );

  it('has weeks that begin on Monday', () => {
    expect(['2026-11-29', '2026-11-30', '2026-12-06'].map(mondayOf)).toEqual([
      '2026-11-23',
      '2026-11-30',
      '2026-11-30',
    ]);
  });
});
