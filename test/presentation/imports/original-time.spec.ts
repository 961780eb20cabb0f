import { OriginalTimes } from '../../../src/presentation/imports/original-time.js';

describe('an original time', () => {
  it.each([
    ['2024-05-01T10:00:00Z', '2024-05-01T10:00:00.000Z'],
    ['2024-05-01T10:00:00.1239+03:00', '2024-05-01T07:00:00.123Z'],
    ['2024-05-01 10:00', '2024-05-01T07:00:00.000Z'],
    ['2024-05-01', '2024-04-30T21:00:00.000Z'],
    ['01.05.2024', '2024-04-30T21:00:00.000Z'],
    ['1.5.2024 9:05', '2024-05-01T06:05:00.000Z'],
    // Clocks in Moscow showed UTC+4 then.
    ['2012-07-01 10:00:30', '2012-07-01T06:00:30.000Z'],
    [' 0099-01-01T00:00Z ', '0099-01-01T00:00:00.000Z'],
  ])('is read from %s in Moscow', (text, time) => {
    expect(new OriginalTimes('Europe/Moscow').read(text)?.toISOString()).toBe(time);
  });

  it.each([
    '',
    'yesterday',
    '2024-02-30',
    '2024-13-01',
    '05/01/2024',
    '2024-05-01T24:00Z',
    '1714557600',
    '0000-01-01',
  ])('is not %p', (text) => expect(new OriginalTimes('UTC').read(text)).toBeUndefined());

  it('of a workbook is what its cell shows, in the zone', () => {
    const cell = new Date('2024-05-01T10:00:00Z');
    expect(new OriginalTimes('Europe/Moscow').read(cell)).toEqual(new Date('2024-05-01T07:00:00Z'));
  });

  it('that clocks show twice is the first one, and one that they skip is later', () => {
    const times = new OriginalTimes('Europe/Berlin');
    expect(times.read('2024-10-27 02:30')).toEqual(new Date('2024-10-27T00:30:00Z'));
    expect(times.read('2024-03-31 02:30')).toEqual(new Date('2024-03-31T01:30:00Z'));
  });
});
