import { jest } from '@jest/globals';
import { backoffMs, retryWithBackoff } from '../../src/shared/backoff.js';
import { ShutdownError } from '../../src/shared/shutdown-error.js';
import { HurriedClock } from '../support/hurried-clock.js';

describe('backoffMs', () => {
  const longest = () => 0;

  it('doubles from 0.5 s up to 30 s', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 8, 1_000_000].map((failures) =>
      backoffMs(failures, { random: longest }),
    );
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('doubles within a given range', () => {
    const range = { firstMs: 100, maxMs: 250, random: longest };
    expect([1, 2, 3].map((failures) => backoffMs(failures, range))).toEqual([100, 200, 250]);
  });

  it('subtracts up to a half at random', () => {
    expect(backoffMs(3, { random: () => 0.999_999 })).toBe(1_000);
    expect(backoffMs(3, { random: () => 0.5 })).toBe(1_500);
  });

  it('is never shorter than Retry-After, up to an hour', () => {
    expect(backoffMs(1, { retryAfterMs: 45_000, random: longest })).toBe(45_000);
    expect(backoffMs(9, { retryAfterMs: 1_000, random: longest })).toBe(30_000);
    expect(backoffMs(1, { retryAfterMs: 1e12, random: longest })).toBe(3_600_000);
  });
});

describe('retryWithBackoff', () => {
  const transient = new Error('transient');
  const options = {
    firstMs: 1,
    maxMs: 2,
    stop: new AbortController().signal,
    onFailure: (error: unknown) => {
      if (error !== transient) throw error;
    },
  };

  it('repeats transient failures and returns the first success', async () => {
    const work = jest.fn<() => Promise<string>>();
    work.mockRejectedValueOnce(transient).mockRejectedValueOnce(transient).mockResolvedValue('done');
    expect(await retryWithBackoff(work, options)).toBe('done');
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('rejects at once with any other error', async () => {
    const permanent = new Error('permanent');
    const work = jest.fn<() => Promise<never>>().mockRejectedValue(permanent);
    await expect(retryWithBackoff(work, options)).rejects.toBe(permanent);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('pauses for as long as the server requests', async () => {
    const clock = new HurriedClock();
    const work = jest.fn<() => Promise<string>>();
    work.mockRejectedValueOnce(transient).mockResolvedValue('done');
    expect(await retryWithBackoff(work, { ...options, clock, onFailure: () => 60_000 })).toBe('done');
    expect(clock.pausesMs).toEqual([60_000]);
  });

  it('rejects when it is stopped during a pause', async () => {
    const stop = new AbortController();
    const work = jest.fn<() => Promise<never>>().mockRejectedValue(transient);
    const onFailure = () => {
      setImmediate(() => stop.abort());
      return 60_000;
    };
    const retrying = retryWithBackoff(work, { ...options, stop: stop.signal, onFailure });
    await expect(retrying).rejects.toThrow(ShutdownError);
    expect(work).toHaveBeenCalledTimes(1);
  });
});
