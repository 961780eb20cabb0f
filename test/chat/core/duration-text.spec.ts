import { durationText } from '../../../src/chat/core/messages/duration-text.js';
import { weeksAt } from '../../../src/chat/core/messages/statistics-text.js';
import { en } from '../../../src/chat/core/translations/english.js';
import { ru } from '../../../src/chat/core/translations/russian.js';

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];

describe('a duration', () => {
  it.each([
    [-5, '0 s', '0 с'],
    [999, '0 s', '0 с'],
    [40 * second + 900, '40 s', '40 с'],
    [59 * minute + 59 * second, '59 min', '59 мин'],
    [hour, '1 h', '1 ч'],
    [2 * hour + 5 * minute + second, '2 h 5 min', '2 ч 5 мин'],
    [day + 59 * minute, '1 d', '1 д'],
    [3 * day + 4 * hour, '3 d 4 h', '3 д 4 ч'],
    [1_000 * day, '1000 d', '1000 д'],
  ])('of %d ms is %j', (milliseconds, english, russian) => {
    expect(durationText(milliseconds, en)).toBe(english);
    expect(durationText(milliseconds, ru)).toBe(russian);
  });
});

describe('the week of a time', () => {
  it.each([
    ['2026-11-23T00:00:00Z', '2026-11-23'],
    ['2026-11-29T23:59:59Z', '2026-11-23'],
    ['2026-11-30T00:00:00Z', '2026-11-30'],
    ['2027-01-01T12:00:00Z', '2026-12-28'],
  ])('%s begins on Monday %s', (now, current) => expect(weeksAt(new Date(now)).current).toBe(current));

  it('has one before it and one after it', () =>
    expect(weeksAt(new Date('2026-03-01T12:00:00Z'))).toEqual({
      last: '2026-02-16',
      current: '2026-02-23',
      next: '2026-03-02',
    }));
});
