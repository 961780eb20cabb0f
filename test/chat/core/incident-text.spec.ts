import {
  acceptedMessage,
  actionIn,
  buttonsFor,
  card,
  duplicateIn,
  headline,
  incidentIdIn,
  incidentMessage,
  listLine,
  numberButton,
  reportKeyIn,
  similarMessage,
} from '../../../src/chat/core/messages/incident-text.js';
import { ACTIONS } from '../../../src/chat/core/actions/actions.js';
import { STATUSES } from '../../../src/chat/core/api/incident.js';
import { ApiRejection } from '../../../src/chat/core/api/incidents-api-responses.js';
import { rejectionText } from '../../../src/chat/core/messages/rejections.js';
import { LANGUAGES, TRANSLATIONS } from '../../../src/chat/core/translations/languages.js';
import { anApiIncident } from '../../support/api-incident.js';

const incident = anApiIncident({
  description: 'Самокат #7 оффлайн',
  status: 'RESOLVED',
  allowed_statuses: ['IN_PROGRESS', 'CLOSED'],
  source: 'monitoring',
});

describe.each(LANGUAGES)('a message of the bot in %s', (language) => {
  const translations = TRANSLATIONS[language];

  it.each(STATUSES)('begins with the number of its %s incident, to which replies refer', (status) => {
    const text = headline({ ...incident, status }, translations);
    expect(text).toMatch(new RegExp(`^#42 · ${status} — `));
    expect(incidentIdIn(text)).toBe(42);
    expect(incidentIdIn(`${text}\n#43 · NEW`)).toBe(42);
    expect(incidentIdIn(card({ ...incident, status }, translations))).toBe(42);
  });

  it('refers to no incident if it is about several or none', () => {
    const texts = [
      translations.list(undefined, 1, '1'),
      ...Object.values(translations.commands).flatMap(({ help, usage }) => [help, usage]),
      translations.rejected.notFound(42),
      listLine(incident),
    ];
    expect(texts.map(incidentIdIn)).toEqual(texts.map(() => undefined));
  });

  it('has its number and description as a line among others, and what else it says', () => {
    expect(incidentMessage(incident, translations).line).toBe('#42 RESOLVED Самокат #7 оффлайн');
    expect(incidentMessage(incident, translations, translations.appended).line).toBe(
      `#42 RESOLVED Самокат #7 оффлайн — ${translations.appended}`,
    );
    const { line } = acceptedMessage({ description: `Till\n3 ${'x'.repeat(200)}` }, 'tg:-1:2', translations);
    expect(line).toMatch(/^\p{L}+: Till 3 x{20,}…$/u);
    expect(incidentIdIn(`${listLine(incident)}\n${line}`)).toBeUndefined();
  });

  it('explains every rejection of an action', () => {
    const texts = ACTIONS.flatMap((action) =>
      STATUSES.map((status) => translations.rejected.illegalAction(action, status)),
    );
    expect(texts.filter((text) => text.length < 10)).toEqual([]);
  });

  it('says whether its incident is urgent, who works on it since when, and what it is a duplicate of', () => {
    const all = {
      ...incident,
      urgent: true,
      assignee: 'telegram:7 Anna Kim',
      taken_at: '2026-11-20T10:05:00.000Z',
      duplicate_of: 17,
    };
    expect(headline(all, translations)).toContain('❗');
    expect(incidentIdIn(headline(all, translations))).toBe(42);
    const [first, , taker, original] = card(all, translations).split('\n');
    expect(first).toBe(headline(all, translations));
    expect(taker).toContain('Anna Kim');
    expect(taker).toContain('2026-11-20 10:05 UTC');
    expect(original).toContain('#17');
    expect(card(incident, translations).split('\n')).toHaveLength(4);
    expect(incidentMessage(all, translations).text).toContain('#17');
    expect(listLine(all, 'Anna')).toBe('#42 ❗ RESOLVED Самокат #7 оффлайн · Anna');
  });

  it('about a new incident offers a similar one, and still refers to the new one', () => {
    const similar = { ...incident, id: 17, description: 'Самокат #7 молчит' };
    const { text, buttons } = similarMessage({ ...incident, status: 'NEW' }, similar, translations);
    expect(incidentIdIn(text)).toBe(42);
    expect(text).toContain('#17 RESOLVED Самокат #7 молчит');
    expect(buttons?.at(-1)).toEqual({ label: translations.sameAs(17), data: 'duplicate:42:17' });
  });

  it('explains the rejections of marking', () => {
    const text = (code: string, facts = {}) =>
      rejectionText(new ApiRejection(code, 'why', facts), 42, translations);
    expect(text('incident.not-found')).toBe(translations.rejected.notFound(42));
    expect(text('incident.original-not-found', { duplicate_of: 17 })).toBe(
      translations.rejected.notFound(17),
    );
    expect(text('incident.closed')).toBe(translations.rejected.closed(42));
    expect(text('incident.already-duplicate', { duplicate_of: 5 })).toBe(
      translations.rejected.alreadyDuplicate(42, 5),
    );
    expect(text('incident.duplicate-cycle', { duplicate_of: 17 })).toBe(
      translations.rejected.alreadyDuplicate(17, 42),
    );
    expect(text('request.invalid')).toBe(translations.rejected.other('why'));
  });

  it('stays within the limits of Telegram, however long the incident is', () => {
    const long = {
      ...incident,
      id: 999_999_999_999_999,
      description: '🛴'.repeat(50_000),
      urgent: true,
      assignee: `telegram:7 ${'x'.repeat(240)}`,
      duplicate_of: 999_999_999_999_998,
    };
    expect(card(long, translations).length).toBeLessThan(4_096);
    expect(card(long, translations).isWellFormed()).toBe(true);
    expect(
      [translations.list(undefined, 20, '10000'), ...Array(20).fill(listLine(long, 'x'.repeat(255)))].join(
        '\n',
      ).length,
    ).toBeLessThan(4_096);
    const { text, buttons } = similarMessage(long, long, translations);
    expect(text.length).toBeLessThan(4_096);
    for (const { data } of [...buttonsFor(long, translations), ...buttons!])
      expect(data.length).toBeLessThanOrEqual(64);
  });
});

describe('the button of a similar incident', () => {
  it('has the numbers of both', () =>
    expect(duplicateIn('duplicate:42:17')).toEqual({ id: 42, duplicateOf: 17 }));

  it.each(['duplicate:42', 'duplicate:42:0', 'duplicate:42:17:1', 'take:42', ''])('is not %j', (data) =>
    expect(duplicateIn(data)).toBeUndefined(),
  );
});

describe('a button', () => {
  it('has the label and the id of its action', () => {
    expect(buttonsFor(incident, TRANSLATIONS.en)).toEqual([
      { label: 'Close', data: 'close:42' },
      { label: 'Reopen', data: 'reopen:42' },
    ]);
    expect(actionIn('close:42')).toEqual({ action: 'close', id: 42 });
  });

  it('is not offered for a closed incident', () =>
    expect(buttonsFor({ ...incident, status: 'CLOSED', allowed_statuses: [] }, TRANSLATIONS.en)).toEqual([]));

  it.each(['', 'close', 'close:', 'close:0', 'burn:42', 'close:42:1', 'close:4e3'])(
    'performs no action if its data is %j',
    (data) => expect(actionIn(data)).toBeUndefined(),
  );

  it('asks for the number of a report by its key, within the 64 bytes that Telegram allows', () => {
    const key = 'tg:-1009999999999999:2147483647';
    expect(numberButton(key, TRANSLATIONS.ru)).toEqual({ label: 'Номер', data: `number:${key}` });
    expect(Buffer.byteLength(`number:${key}`)).toBeLessThanOrEqual(64);
    expect(reportKeyIn(`number:${key}`)).toBe(key);
    expect(actionIn(`number:${key}`)).toBeUndefined();
  });

  it('asks for the number of the report in an album', () => {
    const key = 'tg:-1009999999999999:album:13999999999999999';
    expect(Buffer.byteLength(`number:${key}`)).toBeLessThanOrEqual(64);
    expect(reportKeyIn(`number:${key}`)).toBe(key);
  });

  it.each(['number:', 'number:42', 'number:tg:1:2:edit', 'take:42'])(
    'asks for no number if its data is %s',
    (data) => expect(reportKeyIn(data)).toBeUndefined(),
  );
});
