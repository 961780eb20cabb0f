import {
  buttonsFor,
  card,
  headline,
  incidentNamedIn,
  line,
  numberAskedFor,
  numberButton,
  pressed,
} from '../../../src/chat/core/translations/incident-text.js';
import type { Incident } from '../../../src/chat/core/api/incident.js';
import { ACTIONS, STATUSES } from '../../../src/chat/core/actions/transitions.js';
import { LANGUAGES, TRANSLATIONS } from '../../../src/chat/core/translations/languages.js';

const incident: Incident = {
  id: 42,
  description: 'Самокат #7 оффлайн',
  status: 'RESOLVED',
  source: 'monitoring',
  created_at: '2026-11-20T10:00:00.123Z',
};

describe.each(LANGUAGES)('what the bot says in %s', (language) => {
  const phrases = TRANSLATIONS[language];

  it.each(STATUSES)('begins with a number that is read again, of what is %s', (status) => {
    const text = headline({ ...incident, status }, phrases);
    expect(text).toMatch(new RegExp(`^#42 · ${status} — `));
    expect(incidentNamedIn(text)).toBe(42);
    expect(incidentNamedIn(`${text}\n#43 · NEW`)).toBe(42);
    expect(incidentNamedIn(card({ ...incident, status }, phrases))).toBe(42);
  });

  it('is about no incident where it is about several, or none', () => {
    const texts = [
      phrases.list(undefined, 1, '1'),
      phrases.help,
      phrases.refused.notFound(42),
      line(incident),
    ];
    expect(texts.map(incidentNamedIn)).toEqual(texts.map(() => undefined));
  });

  it('has a text for every refusal of an action', () => {
    const texts = ACTIONS.flatMap((action) =>
      STATUSES.map((status) => phrases.refused.senseless(action, status)),
    );
    expect(texts.filter((text) => text.length < 10)).toEqual([]);
  });

  it('fits into a message and a button, however long the incident is', () => {
    const long = { ...incident, id: 999_999_999_999_999, description: '🛴'.repeat(50_000) };
    expect(card(long, phrases).length).toBeLessThan(4_096);
    expect(card(long, phrases).isWellFormed()).toBe(true);
    expect(
      [phrases.list(undefined, 20, '10000'), ...Array(20).fill(line(long))].join('\n').length,
    ).toBeLessThan(4_096);
    expect(phrases.help.length).toBeLessThan(4_096);
    for (const row of buttonsFor(long, phrases)!.inline_keyboard.flat()) {
      expect('callback_data' in row && row.callback_data.length).toBeLessThanOrEqual(64);
    }
  });
});

describe('a button', () => {
  it('says what it does', () => {
    const row = buttonsFor(incident, TRANSLATIONS.en)!.inline_keyboard[0]!;
    expect(row).toEqual([
      { text: 'Close', callback_data: 'close:42' },
      { text: 'Reopen', callback_data: 'reopen:42' },
    ]);
    expect(pressed('close:42')).toEqual({ action: 'close', id: 42 });
  });

  it('is not there for what is closed', () =>
    expect(buttonsFor({ ...incident, status: 'CLOSED' }, TRANSLATIONS.en)).toBeUndefined());

  it.each(['', 'close', 'close:', 'close:0', 'burn:42', 'close:42:1', 'close:4e3'])('is not %j', (data) =>
    expect(pressed(data)).toBeUndefined(),
  );

  it('ask for the number of a report by its key, within the 64 bytes that Telegram allows', () => {
    const key = 'tg:-1009999999999999:2147483647';
    const [button] = numberButton(key, TRANSLATIONS.ru).inline_keyboard[0]!;
    expect(button).toEqual({ text: 'Номер', callback_data: `number:${key}` });
    expect(Buffer.byteLength(`number:${key}`)).toBeLessThanOrEqual(64);
    expect(numberAskedFor(`number:${key}`)).toBe(key);
    expect(pressed(`number:${key}`)).toBeUndefined();
  });

  it('ask for the number of an album', () => {
    const key = 'tg:-1009999999999999:album:13999999999999999';
    expect(Buffer.byteLength(`number:${key}`)).toBeLessThanOrEqual(64);
    expect(numberAskedFor(`number:${key}`)).toBe(key);
  });

  it.each(['number:', 'number:42', 'number:tg:1:2:edit', 'take:42'])('ask for no number by %s', (data) =>
    expect(numberAskedFor(data)).toBeUndefined(),
  );
});
