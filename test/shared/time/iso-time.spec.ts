import { isoTime } from '../../../src/shared/time/iso-time.js';

const DAY_MS = 86_400_000;

// Both ends of a day, of the years with four digits, and of what a Date can hold; in an order that changes the day each time.
const MOMENTS = [
  0,
  -1,
  DAY_MS - 1,
  DAY_MS,
  Date.UTC(2026, 10, 29, 23, 59, 59, 999),
  Date.UTC(2024, 1, 29, 9, 5, 7, 8),
  Date.parse('0001-01-01T00:00:00.000Z'),
  Date.parse('9999-12-31T23:59:59.999Z'),
  Date.parse('+010000-01-01T00:00:00.000Z'),
  Date.parse('-000001-06-15T12:34:56.789Z'),
  8.64e15,
  -8.64e15,
];

describe('isoTime', () => {
  it.each(MOMENTS)('equals toISOString for %d', (ms) => {
    const date = new Date(ms);
    expect(isoTime(date)).toBe(date.toISOString());
  });

  it('equals toISOString for every time of a day', () => {
    const start = Date.UTC(2026, 2, 29);
    for (let ms = start; ms < start + DAY_MS; ms += 61_007) {
      expect(isoTime(new Date(ms))).toBe(new Date(ms).toISOString());
    }
  });

  it('throws for an invalid date', () => {
    isoTime(new Date(0));
    expect(() => isoTime(new Date(NaN))).toThrow(RangeError);
  });
});
