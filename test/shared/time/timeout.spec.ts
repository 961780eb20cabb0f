import { pollUntil, TimeoutError, withTimeout } from '../../../src/shared/time/timeout.js';

describe('withTimeout', () => {
  it('settles as the work does', async () => {
    expect(await withTimeout(Promise.resolve(1), 60_000)).toBe(1);
    await expect(withTimeout(Promise.reject(new Error('failed')), 60_000)).rejects.toThrow('failed');
  });

  it('rejects after the timeout, and ignores a later failure of the work', async () => {
    const work = Promise.withResolvers<never>();
    await expect(withTimeout(work.promise, 1)).rejects.toThrow(TimeoutError);
    work.reject(new Error('late'));
  });
});

describe('pollUntil', () => {
  it('returns true as soon as the condition holds', async () => {
    let polls = 0;
    expect(await pollUntil(() => ++polls === 3, 60_000, 1)).toBe(true);
    expect(polls).toBe(3);
  });

  it('returns false after the timeout', async () => {
    expect(await pollUntil(() => false, 5, 1)).toBe(false);
  });
});
