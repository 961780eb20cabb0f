import fc from 'fast-check';
import { afterQuietHours } from '../../../src/domain/attention/quiet-hours.js';
import { formatDailyPeriod, parseDailyPeriod } from '../../../src/shared/time/daily-time.js';

const after = (text: string, at: string) =>
  afterQuietHours(parseDailyPeriod(text)!, new Date(at))?.toISOString();

describe('quiet hours', () => {
  it.each([
    ['20:59:59.999 local time', '2026-11-20T18:59:59.999Z', '2026-11-20T18:59:59.999Z'],
    ['their first moment', '2026-11-20T19:00:00.000Z', '2026-11-21T05:00:00.000Z'],
    ['midnight', '2026-11-20T21:00:00.000Z', '2026-11-21T05:00:00.000Z'],
    ['their last moment', '2026-11-21T04:59:59.999Z', '2026-11-21T05:00:00.000Z'],
    ['their end', '2026-11-21T05:00:00.000Z', '2026-11-21T05:00:00.000Z'],
  ])('over midnight: at %s', (_, at, expected) => {
    expect(after('22:00-08:00 Europe/Moscow', at)).toBe(expected);
  });

  it('may be within a day', () => {
    expect(after('12:00-13:30 UTC', '2026-11-20T12:30:00.000Z')).toBe('2026-11-20T13:30:00.000Z');
    expect(after('12:00-13:30 UTC', '2026-11-20T13:30:00.000Z')).toBe('2026-11-20T13:30:00.000Z');
    expect(after('12:00-13:30 UTC', '2026-11-20T11:59:00.000Z')).toBe('2026-11-20T11:59:00.000Z');
  });

  it('with the same time twice never end', () => {
    expect(after('08:00-08:00 UTC', '2026-11-20T12:30:00.000Z')).toBeUndefined();
  });

  it('are an hour shorter in the night when clocks are set forward', () => {
    // Berlin, 2026-03-29: 02:00 becomes 03:00.
    expect(after('22:00-08:00 Europe/Berlin', '2026-03-28T21:00:00.000Z')).toBe('2026-03-29T06:00:00.000Z');
  });

  it('end later if their end falls into the gap', () => {
    // 02:30 does not exist; it is 03:30 in summer time, which is 01:30 in UTC.
    const text = '22:00-02:30 Europe/Berlin';
    expect(after(text, '2026-03-29T00:59:00.000Z')).toBe('2026-03-29T01:30:00.000Z');
    expect(after(text, '2026-03-29T01:29:00.000Z')).toBe('2026-03-29T01:30:00.000Z');
    expect(after(text, '2026-03-29T01:30:00.000Z')).toBe('2026-03-29T01:30:00.000Z');
  });

  it('end at the first occurrence of a time that occurs twice', () => {
    // Berlin, 2026-10-25: 03:00 becomes 02:00; 02:30 is 00:30 and 01:30 in UTC.
    const text = '22:00-02:30 Europe/Berlin';
    expect(after(text, '2026-10-25T00:29:00.000Z')).toBe('2026-10-25T00:30:00.000Z');
    expect(after(text, '2026-10-25T01:10:00.000Z')).toBe('2026-10-25T01:10:00.000Z');
  });

  it('last over the hour that occurs twice', () => {
    expect(after('22:00-08:00 Europe/Berlin', '2026-10-25T00:30:00.000Z')).toBe('2026-10-25T07:00:00.000Z');
  });

  it('leave a moment each day, and end at a moment that is not quiet', () => {
    const time = fc
      .tuple(fc.nat({ max: 23 }), fc.nat({ max: 59 }))
      .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
    const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Europe/Moscow');
    const at = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(time, time, zone, at, (from, to, timeZone, date) => {
        fc.pre(from !== to);
        const hours = parseDailyPeriod(`${from}-${to} ${timeZone}`)!;
        const end = afterQuietHours(hours, date)!;
        expect(end.getTime()).toBeGreaterThanOrEqual(date.getTime());
        expect(end.getTime() - date.getTime()).toBeLessThan(50 * 3_600_000);
        expect(afterQuietHours(hours, end)).toEqual(end);
        expect(formatDailyPeriod(hours)).toBe(`${from}-${to} ${timeZone}`);
      }),
    );
  });
});
