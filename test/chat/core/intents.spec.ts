import type { IncidentActions } from '../../../src/chat/core/actions/incident-actions.js';
import type { IncidentsApi } from '../../../src/chat/core/api/incidents-api.js';
import type { Clock } from '../../../src/chat/core/clock.js';
import { IntentReplies, needsApi, parseCommand } from '../../../src/chat/core/intents/intents.js';
import { incidentIdIn } from '../../../src/chat/core/messages/incident-text.js';
import { LANGUAGES, TRANSLATIONS } from '../../../src/chat/core/translations/languages.js';
import { anApiIncident } from '../../support/api-incident.js';

describe.each(LANGUAGES)('the help in %s', (language) => {
  const translations = TRANSLATIONS[language];
  // The help needs none of them.
  const replies = new IntentReplies({} as IncidentsApi, {} as IncidentActions, translations, {} as Clock);
  const help = async () => (await replies.replyTo({ kind: 'help' }, { key: 'a', actor: 'b' }, 'tg:1')).text;

  it('lists every command, and fits into a message', async () => {
    const text = await help();
    for (const name of Object.keys(translations.commands)) expect(text).toContain(`\n/${name}`);
    expect(text.length).toBeLessThan(4_096);
    expect(incidentIdIn(text)).toBeUndefined();
  });
});

describe('a command', () => {
  it.each(Object.keys(TRANSLATIONS.en.commands))('/%s of the help is known', (name) =>
    expect(parseCommand(name, '')).not.toMatchObject({ kind: 'unknown_command' }),
  );

  it.each(['toString', 'transition', '__proto__', ''])('is not parsed from /%s', (name) =>
    expect(parseCommand(name, '')).toEqual({ kind: 'unknown_command', command: name }),
  );

  it('needs the API only if its reply depends on incidents', () => {
    expect(['help', 'list', 'show', 'dance'].map((name) => needsApi(parseCommand(name, '')))).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });
});

describe('the arguments of a command', () => {
  it.each([
    ['urgent', '42', { kind: 'urgent', id: 42, urgent: true }],
    ['urgent', '#42 off', { kind: 'urgent', id: 42, urgent: false }],
    ['urgent', '42 выкл', { kind: 'urgent', id: 42, urgent: false }],
    ['duplicate', '42 17', { kind: 'duplicate', id: 42, duplicateOf: 17 }],
    ['duplicate', '#42  #17 ', { kind: 'duplicate', id: 42, duplicateOf: 17 }],
    ['untaken', '', { kind: 'untaken' }],
    ['mine', 'please', { kind: 'mine' }],
    ['stats', '', { kind: 'stats' }],
  ] as const)('/%s %j are read', (name, text, intent) => expect(parseCommand(name, text)).toEqual(intent));

  it.each([
    ['urgent', ''],
    ['urgent', 'off'],
    ['urgent', '42 tomorrow'],
    ['duplicate', ''],
    ['duplicate', '42'],
    ['duplicate', '42 42'],
    ['duplicate', '42 17 3'],
    ['duplicate', '42 of 17'],
  ])('/%s %j are wrong', (command, text) =>
    expect(parseCommand(command, text)).toEqual({ kind: 'usage_error', command }),
  );
});

describe.each(LANGUAGES)('the reply in %s', (language) => {
  const translations = TRANSLATIONS[language];
  const now = new Date('2026-11-25T12:00:00Z');
  const incident = anApiIncident({
    description: 'Till 3',
    status: 'IN_PROGRESS',
    allowed_statuses: ['RESOLVED'],
    created_at: '2026-11-25T09:55:00.000Z',
    urgent: true,
    assignee: 'telegram:7 Anna',
  });
  const week = {
    key: '2026-11-23',
    reported: 12,
    taken: 9,
    resolved: 7,
    open: 5,
    reopened: 1,
    reopened_share: 0.0833,
    time_to_take: { p50: 240, p90: null },
    time_to_resolve: { p50: 7_200, p90: 93_600 },
  };
  const replyTo = async (name: string, api: Partial<Record<keyof IncidentsApi, unknown>>) => {
    const replies = new IntentReplies(api as unknown as IncidentsApi, {} as IncidentActions, translations, {
      now: () => now,
    });
    return (await replies.replyTo(parseCommand(name, ''), { key: 'a', actor: 'telegram:7 Anna' }, 'tg:1'))
      .text;
  };

  it('to /untaken says how long each incident has waited', async () => {
    const waiting = { ...incident, assignee: null };
    const text = await replyTo('untaken', { untaken: async () => ({ incidents: [waiting], total: '21' }) });
    const duration = language === 'en' ? '2 h 5 min' : '2 ч 5 мин';
    expect(text).toContain(`\n#42 ❗ IN_PROGRESS Till 3 · ${duration}`);
    expect(text).toMatch(/1 (of|из) 21/);
    expect(await replyTo('untaken', { untaken: async () => ({ incidents: [], total: '0' }) })).toBe(
      translations.noneUntaken,
    );
  });

  it('to /mine has the incidents of who asks', async () => {
    const actors: string[] = [];
    const assignedTo = async (actor: string) => {
      actors.push(actor);
      return { incidents: actors.length === 1 ? [incident] : [], total: '1' };
    };
    expect(await replyTo('mine', { assignedTo })).toContain('\n#42 ❗ IN_PROGRESS Till 3');
    expect(await replyTo('mine', { assignedTo })).toBe(translations.noneMine);
    expect(actors).toEqual(['telegram:7 Anna', 'telegram:7 Anna']);
  });

  it('to /list names who works on each incident', async () => {
    const text = await replyTo('list', { list: async () => ({ incidents: [incident], total: '1' }) });
    expect(text).toContain('\n#42 ❗ IN_PROGRESS Till 3 · Anna');
  });

  it('to /heartbeats has those with a problem, then when the others are expected', async () => {
    const missing = {
      name: 'export',
      state: 'missing',
      time_zone: 'UTC',
      expected: [],
      problem_since: new Date(now.getTime() - 7_500_000).toISOString(),
      incident_id: 42,
    } as const;
    const up = {
      ...missing,
      name: 'backup',
      state: 'up',
      time_zone: 'Europe/Moscow',
      expected: [{ at: '2026-11-30T03:30:00.000Z', local: '2026-11-30T06:30:00+03:00' }],
      problem_since: null,
    } as const;
    const reply = (problems: object[], others: object[]) =>
      replyTo('heartbeats', { heartbeats: async () => ({ problems, others }) as never });
    expect(await reply([missing], [up])).toBe(
      language === 'en'
        ? 'With a problem:\nexport · missing for 2 h 5 min · #42\n\nExpected:\nbackup · 2026-11-30 06:30 Europe/Moscow'
        : 'С проблемой:\nexport · нет сигнала 2 ч 5 мин · #42\n\nОжидаются:\nbackup · 2026-11-30 06:30 Europe/Moscow',
    );
    expect(await reply([], [up])).toContain(translations.heartbeats.allWell);
    expect(await reply([], [])).toBe(translations.heartbeats.none);
  });

  it('to /stats has this week and the last one', async () => {
    const ranges: string[][] = [];
    const weeks = async (...range: string[]) => {
      ranges.push(range);
      return [week];
    };
    const text = await replyTo('stats', { weeks });
    expect(ranges).toEqual([['2026-11-16', '2026-11-30']]);
    expect(text).toBe(
      language === 'en'
        ? `This week, since 2026-11-23 (UTC)
Reported: 12, taken: 9, resolved: 7, open: 5
Taken: half within 4 min, 90 % not yet
Resolved: half within 2 h, 90 % within 1 d 2 h
Reopened: 1 (8 %)

Last week, since 2026-11-16
Nothing was reported.`
        : `Эта неделя, с 2026-11-23 (UTC)
Новых: 12, взято: 9, решено: 7, открыто: 5
Взяты: половина за 4 мин, 90 % — ещё нет
Решены: половина за 2 ч, 90 % за 1 д 2 ч
Возвращены в работу: 1 (8 %)

Прошлая неделя, с 2026-11-16
Новых инцидентов не было.`,
    );
  });
});
