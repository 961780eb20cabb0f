import {
  formatDailyPeriod,
  formatDailyTime,
  isTimeZone,
  parseDailyPeriod,
  parseDailyTime,
} from '../../../src/shared/time/daily-time.js';

describe('a time of each day', () => {
  it.each(['09:00 Europe/Moscow', '00:00 UTC', '23:59 America/Argentina/Buenos_Aires'])(
    'is %s, and is written so again',
    (text) => expect(formatDailyTime(parseDailyTime(text)!)).toBe(text),
  );

  it.each([
    '09:00',
    '9:00 UTC',
    '24:00 UTC',
    '09:60 UTC',
    '09:00 MSK',
    '09:00 +03:00',
    '09:00 Europe/Nowhere',
    '09:00  UTC',
    ' 09:00 UTC',
    '09:00 UTC\n',
    '09:00-10:00 UTC',
  ])('is not %j', (text) => expect(parseDailyTime(text)).toBeUndefined());
});

describe('a period of each day', () => {
  it.each(['22:00-08:00 Europe/Moscow', '12:00-13:30 UTC', '00:00-00:00 UTC'])(
    'is %s, and is written so again',
    (text) => expect(formatDailyPeriod(parseDailyPeriod(text)!)).toBe(text),
  );

  it.each([
    '22:00-08:00',
    '22:00-08:00 MSK',
    '22:00-08:00 EST',
    '22:00-08:00 +03:00',
    '22:00-08:00 Europe/Nowhere',
    '24:00-08:00 UTC',
    '22:60-08:00 UTC',
    '9:00-10:00 UTC',
    ' 22:00-08:00 UTC',
    '22:00 UTC',
  ])('is not %j', (text) => expect(parseDailyPeriod(text)).toBeUndefined());
});

describe('a time zone', () => {
  it('is each one that this machine knows', () => {
    expect(Intl.supportedValuesOf('timeZone').filter((name) => !isTimeZone(name))).toEqual([]);
  });
});
