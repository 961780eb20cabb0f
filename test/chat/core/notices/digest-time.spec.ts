import fc from 'fast-check';
import { dueDigestAt, nextDigestAt } from '../../../../src/chat/core/notices/digest-time.js';
import { parseDailyTime } from '../../../../src/shared/time/daily-time.js';

const next = (text: string, after: string) =>
  nextDigestAt(parseDailyTime(text)!, new Date(after)).toISOString();

describe('the time of the next digest', () => {
  it.each([
    ['later today', '2026-11-20T05:59:59.999Z', '2026-11-20T06:00:00.000Z'],
    ['tomorrow, after it has come', '2026-11-20T06:00:00.000Z', '2026-11-21T06:00:00.000Z'],
    ['today, where the day has begun already', '2026-11-19T21:30:00.000Z', '2026-11-20T06:00:00.000Z'],
  ])('is %s', (_, after, expected) => expect(next('09:00 Europe/Moscow', after)).toBe(expected));

  it('is at the same time of the clocks in summer and in winter', () => {
    expect(next('09:00 Europe/Berlin', '2026-03-28T09:00:00Z')).toBe('2026-03-29T07:00:00.000Z');
    expect(next('09:00 Europe/Berlin', '2026-10-24T09:00:00Z')).toBe('2026-10-25T08:00:00.000Z');
  });

  it('is later by an hour on the day when the clocks skip it', () => {
    // Berlin, 2026-03-29: 02:00 becomes 03:00.
    expect(next('02:30 Europe/Berlin', '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:30:00.000Z');
    expect(next('02:30 Europe/Berlin', '2026-03-29T01:30:00Z')).toBe('2026-03-30T00:30:00.000Z');
  });

  it('is the first of two on the day when the clocks show it twice', () => {
    // Berlin, 2026-10-25: 03:00 becomes 02:00.
    expect(next('02:30 Europe/Berlin', '2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00.000Z');
    expect(next('02:30 Europe/Berlin', '2026-10-25T00:30:00Z')).toBe('2026-10-26T01:30:00.000Z');
  });

  it('is on the next day where the clocks skip the last hour of a day', () => {
    // Nuuk, 2026-03-28: 23:00 becomes 00:00.
    expect(next('23:30 America/Nuuk', '2026-03-29T00:10:00Z')).toBe('2026-03-29T01:30:00.000Z');
    expect(next('23:30 America/Nuuk', '2026-03-29T01:10:00Z')).toBe('2026-03-29T01:30:00.000Z');
  });
});

describe('a digest', () => {
  const daily = parseDailyTime('09:00 UTC')!;
  const due = (last: string, now: string) => dueDigestAt(daily, new Date(last), new Date(now))?.toISOString();
  const NINE = '2026-11-20T09:00:00.000Z';

  it.each([
    ['before its time', '2026-11-19T09:00:00Z', '2026-11-20T08:59:59.999Z', undefined],
    ['at its time', '2026-11-19T09:00:00Z', NINE, NINE],
    ['up to six hours later', '2026-11-19T09:00:00Z', '2026-11-20T14:59:59Z', NINE],
    ['no longer after six hours', '2026-11-19T09:00:00Z', '2026-11-20T15:00:00Z', undefined],
    ['no longer after it was sent', NINE, '2026-11-20T09:00:01Z', undefined],
    ['once after an outage of days', '2026-11-15T09:00:00Z', '2026-11-20T10:00:00Z', NINE],
    ['not for a time before there were digests', '2026-11-20T10:00:00Z', '2026-11-20T10:00:01Z', undefined],
  ])('is due %s', (_, last, now, expected) => expect(due(last, now)).toBe(expected));

  it('is due once a day, whatever the zone, the time and the pauses of whoever sends it', () => {
    const zone = fc.constantFrom(
      'America/Nuuk',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Africa/Cairo',
      'UTC',
    );
    const time = fc.tuple(fc.nat({ max: 23 }), fc.nat({ max: 59 }));
    const start = fc.date({ min: new Date('2026-01-01'), max: new Date('2026-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(zone, time, start, fc.integer({ min: 10, max: 300 }), (timeZone, parts, from, minutes) => {
        const [hour, minute] = parts.map((part) => String(part).padStart(2, '0'));
        const at = parseDailyTime(`${hour}:${minute} ${timeZone}`)!;
        let last = from;
        let sent = 0;
        const end = from.getTime() + 10 * 86_400_000;
        for (let now = from.getTime(); now <= end; now += minutes * 60_000) {
          const found = dueDigestAt(at, last, new Date(now));
          if (!found) continue;
          expect(found.getTime()).toBeGreaterThan(last.getTime());
          expect(now - found.getTime()).toBeLessThan(minutes * 60_000 + 1);
          last = found;
          sent++;
        }
        expect(sent).toBeGreaterThanOrEqual(9);
        expect(sent).toBeLessThanOrEqual(11);
      }),
      { numRuns: 50 },
    );
  });
});
