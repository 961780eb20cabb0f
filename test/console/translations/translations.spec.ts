import { INCIDENT_EVENT_TYPES } from '../../../src/domain/incident/incident-events.js';
import { english } from '../../../console/src/translations/english.js';
import { formatsOf } from '../../../console/src/translations/formats.js';
import { russian } from '../../../console/src/translations/russian.js';
import { preferredLanguage } from '../../../console/src/translations/translations.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('translations', () => {
  it.each([
    [['ru-RU', 'en'], 'ru'],
    [['de', 'ru'], 'ru'],
    [['en-US'], 'en'],
    [['de'], 'en'],
    [[], 'en'],
  ])('for a browser that prefers %j are in %s', (preferred, language) => {
    expect(preferredLanguage(preferred)).toBe(language);
  });

  it.each([english, russian])('have words for every event', (texts) => {
    for (const type of INCIDENT_EVENT_TYPES) {
      const event = { type, actor: 'A', assignee: 'B', to: 'RESOLVED', reminder_number: 1 } as never;
      expect(texts.events[type](event)).toMatch(/\p{L}/u);
    }
  });

  it('count in Russian', () => {
    expect([1, 2, 5, 21].map((count) => russian.list.occurrences(count))).toEqual([
      'сообщили 1 раз',
      'сообщили 2 раза',
      'сообщили 5 раз',
      'сообщили 21 раз',
    ]);
  });
});

describe('sizes of files', () => {
  it.each([
    [0, '0 bytes', '0 байт'],
    [1, '1 byte', '1 байт'],
    [820, '820 bytes', '820 байт'],
    [12_345, '12 kB', '12 кБ'],
    [3_240_000, '3.2 MB', '3,2 МБ'],
  ])('of %d bytes are %s and %s', (size, english, russian) => {
    const plain = (text: string) => text.replaceAll('\u00A0', ' ');
    expect(plain(formatsOf('en').bytes(size))).toBe(english);
    expect(plain(formatsOf('ru').bytes(size))).toBe(russian);
  });
});

describe('times', () => {
  const { en, ru } = { en: formatsOf('en'), ru: formatsOf('ru') };
  const plain = (text: string) => text.replaceAll('\u00A0', ' ');

  it.each([
    [0, '1s', '1 с'],
    [59 * SECOND, '59s', '59 с'],
    [5 * MINUTE + 7 * SECOND, '5m 7s', '5 мин 7 с'],
    [3 * HOUR + 5 * MINUTE, '3h 5m', '3 ч 5 мин'],
    [50 * HOUR, '2d 2h', '2 д. 2 ч'],
  ])('of %d ms are %s and %s', (milliseconds, english, russian) => {
    expect(plain(en.duration(milliseconds))).toBe(english);
    expect(plain(ru.duration(milliseconds))).toBe(russian);
  });

  it('are told from midnight on as 00, in both languages', () => {
    const midnight = new Date(2026, 10, 30, 0, 5, 9);
    expect(en.exact(midnight)).toContain('00:05:09');
    expect(ru.exact(midnight)).toContain('00:05:09');
    expect(en.short(midnight, midnight)).toBe('00:05');
  });

  it('are relative to now', () => {
    const now = new Date('2026-11-30T12:00:00Z');
    expect(en.relative(new Date('2026-11-30T11:55:00Z'), now)).toBe('5 minutes ago');
    expect(ru.relative(new Date('2026-11-29T12:00:00Z'), now)).toBe('вчера');
  });
});
