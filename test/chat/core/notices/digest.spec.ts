import type { Incident } from '../../../../src/chat/core/api/incident.js';
import type { IncidentPage, IncidentsApi } from '../../../../src/chat/core/api/incidents-api.js';
import { incidentIdIn } from '../../../../src/chat/core/messages/incident-text.js';
import { digestMessage } from '../../../../src/chat/core/notices/digest.js';
import { TRANSLATIONS } from '../../../../src/chat/core/translations/languages.js';
import { anApiIncident } from '../../../support/api-incident.js';

const NOW = new Date('2026-11-20T09:00:00.000Z');
const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000).toISOString();

const anIncident = (id: number, hours: number, more: Partial<Incident> = {}): Incident =>
  anApiIncident({ id, description: `Till ${id}\ndoes not print`, created_at: hoursAgo(hours), ...more });
const inProgress = (id: number, hours: number) =>
  anIncident(id, hours + 1, {
    status: 'IN_PROGRESS',
    assignee: 'telegram:7 Anna',
    taken_at: hoursAgo(hours),
  });

interface Answers {
  readonly untaken?: IncidentPage;
  readonly inProgress?: IncidentPage;
  readonly opened?: string;
  readonly resolved?: string;
}

const NONE: IncidentPage = { incidents: [], total: '0' };
const pageOf = (...incidents: Incident[]): IncidentPage => ({ incidents, total: String(incidents.length) });

function digest({ untaken = NONE, inProgress: working = NONE, opened = '0', resolved = '0' }: Answers) {
  const queries: Record<string, string>[] = [];
  const find = async (query: Record<string, string>) => {
    queries.push(query);
    if (query['untaken'] === 'true') return untaken;
    if (query['untaken'] === 'false') return working;
    return { incidents: [], total: query['status'] === undefined ? opened : resolved };
  };
  const api = { find } as unknown as IncidentsApi;
  const say = async (language: 'ru' | 'en' = 'en') =>
    (await digestMessage(api, ['tg:-1', 'tg:-100'], NOW, TRANSLATIONS[language])).text;
  return { queries, say };
}

describe('a digest', () => {
  it('names what nobody has taken and what takes long, with their ages, and counts what is new', async () => {
    const { say } = digest({
      untaken: pageOf(anIncident(17, 72), anIncident(18, 26), anIncident(42, 0.5)),
      inProgress: pageOf(inProgress(9, 50), inProgress(12, 24)),
      opened: '12',
      resolved: '9',
    });
    expect(await say()).toBe(
      [
        'Digest of incidents',
        '',
        'Nobody has taken: 3',
        '#17 · 3 d · Till 17 does not print',
        '#18 · 26 h · Till 18 does not print',
        '#42 · 30 min · Till 42 does not print',
        '',
        'In progress for more than a day: 2',
        '#9 · 2 d · Anna · Till 9 does not print',
        '#12 · 24 h · Anna · Till 12 does not print',
        '',
        'New in the last 24 hours: 12; resolved of these: 9.',
      ].join('\n'),
    );
    expect(await say('ru')).toContain('Никто не взял: 3\n#17 · 3 дн. · Till 17');
    expect(await say('ru')).toContain('За сутки новых: 12, из них решено: 9.');
  });

  it('asks for the incidents of the chat alone, under each id that it has had', async () => {
    const { queries, say } = digest({});
    await say();
    expect(queries.map(({ chat }) => chat)).toEqual(Array(4).fill('tg:-1,tg:-100'));
    expect(queries.map((query) => query['created_from'] ?? query['created_to'])).toEqual([
      undefined,
      hoursAgo(24),
      hoursAgo(24),
      hoursAgo(24),
    ]);
  });

  it('says that nothing waits', async () => {
    expect(await digest({}).say()).toBe(
      'Digest of incidents\n\nNothing waits: everything is taken, and nothing takes long.\n\n' +
        'New in the last 24 hours: 0; resolved of these: 0.',
    );
  });

  it('counts what it does not name', async () => {
    const incidents = Array.from({ length: 15 }, (_, n) => anIncident(n + 1, 30 - n));
    const { say } = digest({ untaken: { incidents, total: '1017' } });
    expect(await say()).toContain('Nobody has taken: 1017');
    expect(await say()).toContain('\n…and 1002 more\n');
  });

  it('leaves out what was taken within a day, and says where it has not read everything', async () => {
    const incidents = [...Array.from({ length: 20 }, (_, n) => inProgress(n + 1, 30)), inProgress(99, 23)];
    const { say } = digest({ inProgress: { incidents, total: '21' } });
    expect(await say()).toContain('In progress for more than a day: 20');
    expect(await say()).toContain('…and 5 more\n');
    expect(await say()).not.toContain('#99');
    const more = await digest({ inProgress: { incidents, total: '300' } }).say();
    expect(more).toContain('In progress for more than a day: 20+');
    expect(more).toContain('…and 5+ more\n');
  });

  it('fits into a message, and is not taken for that of one incident', async () => {
    const long = { description: 'x'.repeat(10_000), assignee: `telegram:7 ${'a'.repeat(244)}` };
    const { say } = digest({
      untaken: {
        incidents: Array.from({ length: 15 }, (_, n) => ({ ...anIncident(n + 1e14, 30), ...long })),
        total: '10000',
      },
      inProgress: {
        incidents: Array.from({ length: 100 }, (_, n) => ({ ...inProgress(n + 1e14, 30), ...long })),
        total: '10000',
      },
    });
    const text = await say('ru');
    expect(text.length).toBeLessThan(4_096);
    expect(incidentIdIn(text)).toBeUndefined();
  });
});
