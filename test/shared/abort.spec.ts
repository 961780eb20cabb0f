import { getEventListeners } from 'node:events';
import { aborted, sleepUnlessAborted, unlessAborted } from '../../src/shared/abort.js';

describe('sleepUnlessAborted', () => {
  it('returns true after the pause', async () => {
    expect(await sleepUnlessAborted(1, new AbortController().signal)).toBe(true);
  });

  it('returns false at once when the signal is aborted', async () => {
    const controller = new AbortController();
    const sleeping = sleepUnlessAborted(60_000, controller.signal);
    controller.abort();
    expect(await sleeping).toBe(false);
    expect(await sleepUnlessAborted(60_000, controller.signal)).toBe(false);
  });
});

describe('unlessAborted', () => {
  it('settles as the work does', async () => {
    const { signal } = new AbortController();
    expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1);
    await expect(unlessAborted(Promise.reject(new Error('failed')), signal)).rejects.toThrow('failed');
  });

  it('returns undefined when the signal is aborted first', async () => {
    const controller = new AbortController();
    const waiting = unlessAborted(new Promise(() => {}), controller.signal);
    controller.abort();
    expect(await waiting).toBeUndefined();
    await aborted(controller.signal);
  });

  it('leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    await unlessAborted(Promise.resolve(1), signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
