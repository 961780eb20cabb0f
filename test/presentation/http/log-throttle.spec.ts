import { jest } from '@jest/globals';
import { LogThrottle } from '../../../src/presentation/http/server/log-throttle.js';

describe('a log throttle', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const aThrottle = () => {
    const lines: object[] = [];
    return { throttle: new LogThrottle<object>((line) => lines.push(line)), lines };
  };

  it('logs the first line of a kind at once, then one per second with the number of suppressed ones', () => {
    const { throttle, lines } = aThrottle();
    for (let n = 1; n <= 20_000; n++) throttle.log('503', { n });
    throttle.log('401', { n: 0 });
    expect(lines).toEqual([{ n: 1 }, { n: 0 }]);
    jest.advanceTimersByTime(1_000);
    expect(lines.slice(2)).toEqual([{ n: 20_000, suppressed: 19_998 }]);
    throttle.log('503', { n: 20_001 });
    expect(lines).toHaveLength(3);
    jest.advanceTimersByTime(1_000);
    expect(lines.slice(3)).toEqual([{ n: 20_001 }]);
  });

  it('forgets kinds that do not recur, and stops its timer', () => {
    const { throttle, lines } = aThrottle();
    throttle.log('503', { n: 1 });
    jest.advanceTimersByTime(1_000);
    expect(jest.getTimerCount()).toBe(0);
    throttle.log('503', { n: 2 });
    expect(lines).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('limits the number of kinds', () => {
    const { throttle, lines } = aThrottle();
    for (let n = 0; n < 10_000; n++) throttle.log(`kind ${n}`, { n });
    expect(lines).toHaveLength(1_001);
    throttle.flush();
    expect(lines.at(-1)).toEqual({ n: 9_999, suppressed: 8_998 });
  });
});
