import { backoffMs, sleepUnlessAborted } from '../../src/shared/backoff.js';

describe('the pause before another try', () => {
  it('doubles up to 30 s', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 8, 1_000_000].map((failures) => backoffMs(failures, 0, () => 0));
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('is up to a half shorter by chance', () => {
    expect(backoffMs(3, 0, () => 0.999_999)).toBe(1_000);
    expect(backoffMs(3, 0, () => 0.5)).toBe(1_500);
  });

  it('is never shorter than what was asked for, up to an hour', () => {
    expect(backoffMs(1, 45_000, () => 0)).toBe(45_000);
    expect(backoffMs(9, 1_000, () => 0)).toBe(30_000);
    expect(backoffMs(1, 1e12, () => 0)).toBe(3_600_000);
  });

  it('ends when the bot is told to stop', async () => {
    const controller = new AbortController();
    const waiting = sleepUnlessAborted(60_000, controller.signal);
    controller.abort();
    expect(await waiting).toBe(false);
    expect(await sleepUnlessAborted(60_000, controller.signal)).toBe(false);
    expect(await sleepUnlessAborted(1, new AbortController().signal)).toBe(true);
  });
});
