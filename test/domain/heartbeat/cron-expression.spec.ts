import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { CronExpression } from '../../../src/domain/heartbeat/cron-expression.js';

const MINUTE = 60_000;

/** The first times after this one, in UTC. */
function next(text: string, timeZone: string, after: string, count = 1): string[] {
  const cron = CronExpression.parse(text)!;
  let time = Date.parse(after);
  return Array.from({ length: count }, () =>
    new Date((time = cron.next(time, timeZone)!)).toISOString().replace(':00.000Z', ''),
  );
}

describe('a cron expression', () => {
  it.each([
    ['0 7 * * *', '2026-11-20T07:00:00Z', '2026-11-21T07:00'],
    ['0 7 * * *', '2026-11-20T06:59:59.999Z', '2026-11-20T07:00'],
    ['* 9 * * *', '2026-11-20T08:30:00Z', '2026-11-20T09:00'],
    ['* 9 * * *', '2026-11-20T09:00:30Z', '2026-11-20T09:01'],
    ['* 9 * * *', '2026-11-20T09:59:00Z', '2026-11-21T09:00'],
    ['*/20 * * * *', '2026-11-20T09:41:00Z', '2026-11-20T10:00'],
    ['5-59/20 * * * *', '2026-11-20T09:41:00Z', '2026-11-20T09:45'],
    ['30 6 * * 1-5', '2026-11-20T07:00:00Z', '2026-11-23T06:30'],
    ['30 6 * * MON-FRI', '2026-11-20T07:00:00Z', '2026-11-23T06:30'],
    ['30 6 * * mon,Sat', '2026-11-20T07:00:00Z', '2026-11-21T06:30'],
    ['0 0 * * 0', '2026-11-20T07:00:00Z', '2026-11-22T00:00'],
    ['0 0 * * 7', '2026-11-20T07:00:00Z', '2026-11-22T00:00'],
    ['0 0 * * 5-7', '2026-11-20T07:00:00Z', '2026-11-21T00:00'],
    ['0 0 1 JAN *', '2026-11-20T07:00:00Z', '2027-01-01T00:00'],
    ['0 0 29 2 *', '2026-11-20T07:00:00Z', '2028-02-29T00:00'],
  ])('%s follows %s at %s', (text, after, expected) => {
    expect(next(text, 'UTC', after)).toEqual([expected]);
  });

  it('with both fields for days restricted matches a day if one of them does', () => {
    expect(next('0 0 13 * FRI', 'UTC', '2026-11-01T00:00:00Z', 4)).toEqual([
      '2026-11-06T00:00',
      '2026-11-13T00:00',
      '2026-11-20T00:00',
      '2026-11-27T00:00',
    ]);
    expect(next('0 0 13 * FRI', 'UTC', '2026-12-11T00:00:00Z')).toEqual(['2026-12-13T00:00']);
  });

  it('with one field for days that begins with a star requires both', () => {
    expect(next('0 0 */2 * MON', 'UTC', '2026-11-01T00:00:00Z', 2)).toEqual([
      '2026-11-09T00:00',
      '2026-11-23T00:00',
    ]);
    expect(next('0 0 13 * */5', 'UTC', '2026-11-01T00:00:00Z', 2)).toEqual([
      '2026-11-13T00:00',
      '2026-12-13T00:00',
    ]);
  });

  it('follows the zone', () => {
    expect(next('30 6 * * *', 'Europe/Moscow', '2026-11-20T00:00:00Z')).toEqual(['2026-11-20T03:30']);
    expect(next('30 6 * * *', 'Asia/Kathmandu', '2026-11-20T00:00:00Z')).toEqual(['2026-11-20T00:45']);
  });

  // Berlin, 2026-03-29: 02:00 becomes 03:00, at 01:00 in UTC.
  describe('when the clocks are set forward', () => {
    it('is due at that moment for a time of the day that they skip', () => {
      expect(next('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual([
        '2026-03-29T01:00',
        '2026-03-30T00:30',
      ]);
    });

    it('is due once for several of them, and for the first time after the change', () => {
      expect(next('0,20,40 2,3 * * *', 'Europe/Berlin', '2026-03-29T00:00:00Z', 3)).toEqual([
        '2026-03-29T01:00',
        '2026-03-29T01:20',
        '2026-03-29T01:40',
      ]);
    });

    it('skips that hour for a frequent schedule', () => {
      expect(next('*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:15:00Z', 3)).toEqual([
        '2026-03-29T00:30',
        '2026-03-29T01:00',
        '2026-03-29T01:30',
      ]);
      expect(next('*/30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z')).toEqual(['2026-03-30T00:00']);
    });
  });

  // Berlin, 2026-10-25: 03:00 becomes 02:00, at 01:00 in UTC.
  describe('when the clocks are set back', () => {
    it('is due at the first occurrence of a time of the day that they repeat', () => {
      expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
        '2026-10-25T00:30',
        '2026-10-26T01:30',
      ]);
    });

    it('is due twice for a frequent schedule', () => {
      expect(next('30 * * * *', 'Europe/Berlin', '2026-10-25T00:00:00Z', 3)).toEqual([
        '2026-10-25T00:30',
        '2026-10-25T01:30',
        '2026-10-25T02:30',
      ]);
    });
  });

  it.each([
    '',
    '@daily',
    '0 7 * *',
    '0 0 7 * * *',
    '60 7 * * *',
    '0 24 * * *',
    '0 7 0 * *',
    '0 7 32 * *',
    '0 7 * 13 *',
    '0 7 * * 8',
    '0 7 L * *',
    '0 7 15W * *',
    '0 7 * * 5#2',
    '0 7 ? * *',
    '0 7 * * +MON',
    '0/5 * * * *',
    '9-5 * * * *',
    '* * 30 2 *',
    '0 7 31 4 *',
    'JAN * * * *',
    '0 7 * * FOO',
    '0 7 * * *; rm',
  ])('is refused as %j', (text) => {
    expect(CronExpression.parse(text)).toBeUndefined();
  });

  it('is the same as a walk through all minutes', () => {
    const zone = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
      'Europe/Moscow',
    );
    // Around changes of the clocks in these zones, and anywhere.
    const at = fc
      .oneof(
        fc.constantFrom(
          '2026-03-29T00:00Z',
          '2026-10-25T00:00Z',
          '2026-03-08T06:00Z',
          '2026-11-01T05:00Z',
          '2026-04-04T14:00Z',
          '2026-10-03T15:00Z',
        ),
        fc
          .integer({ min: Date.UTC(2026, 0, 1) / MINUTE, max: Date.UTC(2027, 0, 1) / MINUTE })
          .map((minutes) => new Date(minutes * MINUTE).toISOString()),
      )
      .chain((start) =>
        fc.integer({ min: -300, max: 300 }).map((shift) => Date.parse(start) + shift * MINUTE + 17_000),
      );
    fc.assert(
      fc.property(anExpression(), zone, at, (fields, timeZone, after) => {
        const cron = CronExpression.parse(fields.join(' '));
        fc.pre(cron !== undefined);
        const end = after + 2 * 24 * 60 * MINUTE;
        const found: number[] = [];
        for (let time = cron.next(after, timeZone); time !== undefined && time < end;)
          time = cron.next(found[found.push(time) - 1]!, timeZone);
        expect(found.map(asText)).toEqual(walk(fields, timeZone, after, end).map(asText));
      }),
      { numRuns: Number(process.env['RUNS'] ?? 40) },
    );
  }, 60_000);
});

const asText = (time: number) => new Date(time).toISOString();

/** Five fields of values, ranges and steps, of which most match several times in two days. */
function anExpression() {
  const field = (min: number, max: number) => {
    const value = fc.integer({ min, max });
    return fc.oneof(
      { weight: 3, arbitrary: fc.constant('*') },
      { weight: 1, arbitrary: fc.integer({ min: 2, max: 9 }).map((step) => `*/${step}`) },
      {
        weight: 3,
        arbitrary: fc.uniqueArray(value, { minLength: 1, maxLength: 4 }).map((values) => values.join(',')),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(value, value)
          .map((ends) => ends.toSorted((a, b) => a - b))
          .map(([from, to]) => `${from}-${to}`),
      },
    );
  };
  return fc.tuple(field(0, 59), field(0, 23), field(1, 28), fc.constant('*'), field(0, 6));
}

/** The naive model: asks of each minute what the clocks of the zone show. */
function walk(fields: readonly string[], timeZone: string, after: number, end: number): number[] {
  const isFrequent = fields[0]!.startsWith('*') || fields[1]!.startsWith('*');
  const found: number[] = [];
  const first = Math.ceil((after + 1) / MINUTE) * MINUTE;
  const localAt = (time: number) =>
    Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(timeZone).toPlainDateTime();
  let before = localAt(first - MINUTE);
  // The latest local time that the clocks have shown, before an hour that they repeat.
  let latest = Array.from({ length: 180 }, (_, n) => localAt(first - (n + 1) * MINUTE)).reduce((a, b) =>
    Temporal.PlainDateTime.compare(a, b) > 0 ? a : b,
  );
  for (let time = first; time < end; time += MINUTE) {
    const local = localAt(time);
    const isRepeated = Temporal.PlainDateTime.compare(local, latest) <= 0;
    let isDue = matches(fields, local) && (isFrequent || !isRepeated);
    // What the clocks skip counts for this minute.
    if (!isFrequent) isDue ||= between(before, local).some((skipped) => matches(fields, skipped));
    if (isDue) found.push(time);
    if (!isRepeated) latest = local;
    before = local;
  }
  return found;
}

/** The local minutes between two that follow each other. */
function between(before: Temporal.PlainDateTime, local: Temporal.PlainDateTime): Temporal.PlainDateTime[] {
  const skipped = Math.max(before.until(local).total('minutes') - 1, 0);
  return Array.from({ length: skipped }, (_, n) => before.add({ minutes: n + 1 }));
}

function matches(fields: readonly string[], local: Temporal.PlainDateTime): boolean {
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  const isDay = within(day, local.day, 1);
  const isWeekday = within(weekday, local.dayOfWeek % 7, 0);
  const isEither = !day.startsWith('*') && !weekday.startsWith('*');
  return (
    within(minute, local.minute, 0) &&
    within(hour, local.hour, 0) &&
    within(month, local.month, 1) &&
    (isEither ? isDay || isWeekday : isDay && isWeekday)
  );
}

function within(field: string, value: number, min: number): boolean {
  return field.split(',').some((item) => {
    if (item === '*') return true;
    if (item.startsWith('*/')) return (value - min) % Number(item.slice(2)) === 0;
    const [from, to = from] = item.split('-').map(Number);
    return value >= from! && value <= to!;
  });
}
