import { PacedRefresh } from '../../../console/src/live/paced-refresh.js';
import { VirtualMonotonicClock } from '../../support/virtual-monotonic-clock.js';

const INTERVAL_MS = 1_000;

describe('what is read again because of events', () => {
  let clock: VirtualMonotonicClock;
  let startedAtMs: number[];
  let readMs: number;
  let refresh: PacedRefresh;

  beforeEach(() => {
    clock = new VirtualMonotonicClock();
    startedAtMs = [];
    readMs = 0;
    const start = clock.now();
    const read = async () => {
      startedAtMs.push(clock.now() - start);
      await clock.sleep(readMs);
    };
    refresh = new PacedRefresh(read, INTERVAL_MS, (ms) => clock.sleep(ms));
  });

  it('is read at once, and once more after the interval for all that was requested meanwhile', async () => {
    for (let request = 0; request < 5; request++) refresh.request();
    expect(startedAtMs).toEqual([0]);
    await clock.advance(5 * INTERVAL_MS);
    expect(startedAtMs).toEqual([0, INTERVAL_MS]);
  });

  it('is not read again before its last reading has ended', async () => {
    readMs = 10 * INTERVAL_MS;
    refresh.request();
    refresh.request();
    await clock.advance(10 * INTERVAL_MS);
    expect(startedAtMs).toEqual([0]);
    await clock.advance(INTERVAL_MS);
    expect(startedAtMs).toEqual([0, 11 * INTERVAL_MS]);
  });

  it('is read at once after a pause', async () => {
    refresh.request();
    await clock.advance(7 * INTERVAL_MS);
    refresh.request();
    expect(startedAtMs).toEqual([0, 7 * INTERVAL_MS]);
  });
});
