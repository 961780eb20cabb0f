import fc from 'fast-check';
import { type Rate, RateLimiter } from '../../../src/chat/telegram/replies/rate-limiter.js';
import { groupRate, PRIVATE_RATE, TOTAL_RATE } from '../../../src/chat/telegram/replies/telegram-limits.js';

/** The times at which messages are sent that come after these pauses, each as soon as it is allowed. */
function timesOf(rate: Rate, pausesMs: readonly number[]): readonly number[] {
  const limiter = new RateLimiter(rate);
  let nowMs = 0;
  return pausesMs.map((pauseMs) => {
    nowMs += pauseMs;
    nowMs += limiter.waitMs(nowMs);
    expect(limiter.waitMs(nowMs)).toBe(0);
    limiter.take(nowMs);
    return nowMs;
  });
}

/** The most that are in any closed window of this length. */
const mostIn = (times: readonly number[], windowMs: number): number =>
  Math.max(0, ...times.map((start) => times.filter((at) => at >= start && at <= start + windowMs).length));

describe('a rate limiter', () => {
  it.each([
    ['20 in any minute to a group', groupRate(20), 60_000, 20],
    ['as many in any minute to a group as are configured', groupRate(7), 60_000, 7],
    ['2 in any minute to a group, the least that can be configured', groupRate(2), 60_000, 2],
    ['3 in any second to a private chat', PRIVATE_RATE, 999, 3],
    ['30 in any second to all chats', TOTAL_RATE, 999, 30],
  ])('allows at most %s', (_, rate, windowMs, most) => {
    const sparse = fc.array(fc.oneof(fc.constant(0), fc.nat(100), fc.nat(30_000)), { maxLength: 120 });
    const dense = fc.array(fc.oneof(fc.constant(0), fc.nat(20)), { minLength: 60, maxLength: 120 });
    fc.assert(
      fc.property(fc.oneof(sparse, dense), (pausesMs) => {
        expect(mostIn(timesOf(rate, pausesMs), windowMs)).toBeLessThanOrEqual(most);
      }),
    );
  });

  it('allows a burst, then one after each interval, and a burst again after a pause', () => {
    const times = timesOf(groupRate(20), [...Array<number>(10).fill(0), 60_000, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(times.slice(0, 10)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 5_000, 10_000]);
    expect(times.slice(10)).toEqual([...Array<number>(8).fill(70_000), 75_000]);
  });

  it('says how many it allows now', () => {
    const limiter = new RateLimiter(groupRate(20));
    expect(limiter.allowed(0)).toBe(8);
    for (let taken = 0; taken < 8; taken++) limiter.take(0);
    expect([0, 4_999, 5_000, 12_000, 40_000, 90_000].map((nowMs) => limiter.allowed(nowMs))).toEqual([
      0, 0, 1, 2, 8, 8,
    ]);
  });
});
