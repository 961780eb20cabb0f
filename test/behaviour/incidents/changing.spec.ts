import { INCIDENT_STATUSES, type IncidentStatus } from '../../../src/domain/incident/incident-status.js';
import { type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const WAY: Record<IncidentStatus, IncidentStatus[]> = {
  NEW: [],
  IN_PROGRESS: ['IN_PROGRESS'],
  RESOLVED: ['IN_PROGRESS', 'RESOLVED'],
  CLOSED: ['IN_PROGRESS', 'RESOLVED', 'CLOSED'],
};
const ALLOWED: Record<IncidentStatus, IncidentStatus[]> = {
  NEW: ['IN_PROGRESS'],
  IN_PROGRESS: ['RESOLVED'],
  RESOLVED: ['IN_PROGRESS', 'CLOSED'],
  CLOSED: [],
};
const SHORTEST: Record<IncidentStatus, Partial<Record<IncidentStatus, IncidentStatus[]>>> = {
  NEW: {
    IN_PROGRESS: ['IN_PROGRESS'],
    RESOLVED: ['IN_PROGRESS', 'RESOLVED'],
    CLOSED: ['IN_PROGRESS', 'RESOLVED', 'CLOSED'],
  },
  IN_PROGRESS: { RESOLVED: ['RESOLVED'], CLOSED: ['RESOLVED', 'CLOSED'] },
  RESOLVED: { IN_PROGRESS: ['IN_PROGRESS'], CLOSED: ['CLOSED'] },
  CLOSED: {},
};
const PAIRS = INCIDENT_STATUSES.flatMap((from) => INCIDENT_STATUSES.map((to) => ({ from, to })));

describe('changing an incident', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const incidentThatIs = async (status: IncidentStatus): Promise<string> => {
    const path = (await service.report()).headers.get('location')!;
    for (const step of WAY[status]) await service.patch(`${path}/status`, { status: step });
    return path;
  };
  const historyOf = async (path: string) => (await service.get(`${path}/events`)).body as { type: string }[];

  describe.each(['', '/status'])('by PATCH {id}%s', (suffix) => {
    it.each(PAIRS)('answers $from → $to according to the state machine', async ({ from, to }) => {
      const path = await incidentThatIs(from);
      const before = await service.get(path);
      const answer = await service.patch(path + suffix, { status: to });
      if (ALLOWED[from].includes(to)) {
        expect(answer.status).toBe(200);
        expect(answer.body).toMatchObject({ status: to });
        expect((await service.get(path)).body).toEqual(answer.body);
        expect((await historyOf(path)).at(-1)).toMatchObject({
          type: 'status_changed',
          from,
          to,
          actor: 'admin',
          channel: 'rest',
        });
      } else {
        expect(answer).toBeProblem('incident.illegal-transition');
        expect(answer.body).toMatchObject({ current: from, requested: to, allowed: ALLOWED[from] });
        expect((await service.get(path)).text).toBe(before.text);
        expect((await service.get(path)).headers.get('etag')).toBe(before.headers.get('etag'));
      }
    });
  });

  describe.each(['', '/status'])('by PATCH {id}%s via the shortest path', (suffix) => {
    it.each(PAIRS)('answers $from → $to with each step, or with the legal statuses', async ({ from, to }) => {
      const path = await incidentThatIs(from);
      const before = await service.get(path);
      const answer = await service.patch(path + suffix, { status: to, via: 'shortest' });
      if (SHORTEST[from][to] === undefined) {
        expect(answer).toBeProblem('incident.illegal-transition');
        expect(answer.body).toMatchObject({ current: from, requested: to, allowed: ALLOWED[from] });
        expect((await service.get(path)).text).toBe(before.text);
        return;
      }
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ status: to, allowed_statuses: ALLOWED[to] });
      const events = (await historyOf(path)).slice(WAY[from].length + 1) as { to?: string; seq?: number }[];
      expect(events.map((event) => event.to)).toEqual(SHORTEST[from][to]);
      expect(answer.headers.get('etag')).toBe(`"${answer.body.id}-${events.at(-1)!.seq}"`);
      expect((await service.get(path)).body).toEqual(answer.body);
    });
  });

  it('takes the shortest path and appends in one change, or changes nothing', async () => {
    const path = (await service.report({ description: 'a' })).headers.get('location')!;
    const change = { status: 'CLOSED', via: 'shortest', description_append: 'b' };
    const stale = await service.request('PATCH', path, { headers: { 'If-Match': '"0-0"' }, json: change });
    expect(stale).toBeProblem('incident.version-mismatch');
    expect(await historyOf(path)).toHaveLength(1);
    const etag = (await service.get(path)).headers.get('etag')!;
    const answer = await service.request('PATCH', path, { headers: { 'If-Match': etag }, json: change });
    expect(answer.body).toMatchObject({ status: 'CLOSED', description: 'a\nb' });
    expect((await historyOf(path)).map(({ type }) => type)).toEqual([
      'reported',
      'status_changed',
      'status_changed',
      'status_changed',
      'description_appended',
    ]);
  });

  it.each(['', '/status'])(
    'changes only an incident of the status in `from` (PATCH {id}%s)',
    async (suffix) => {
      const path = (await service.report()).headers.get('location')!;
      const reopening = { status: 'IN_PROGRESS', from: 'RESOLVED' };
      const rejected = await service.patch(path + suffix, reopening);
      expect(rejected).toBeProblem('incident.unexpected-status');
      expect(rejected.body).toMatchObject({ current: 'NEW', expected: 'RESOLVED' });
      expect(await historyOf(path)).toHaveLength(1);
      await service.patch(path, { status: 'RESOLVED', via: 'shortest' });
      expect((await service.patch(path + suffix, reopening)).body).toMatchObject({ status: 'IN_PROGRESS' });
    },
  );

  it.each([
    [{ via: 'shortest' }, '/via'],
    [{ from: 'NEW' }, '/from'],
    [{ via: 'shortest', description_append: 'b' }, '/via'],
    [{ status: 'CLOSED', via: 'longest' }, '/via'],
    [{ status: 'CLOSED', via: null }, '/via'],
    [{ status: 'CLOSED', from: 'OPEN' }, '/from'],
  ])('rejects %j with 400', async (json, pointer) => {
    const path = (await service.report()).headers.get('location')!;
    const answer = await service.patch(path, json);
    expect(answer).toBeProblem('request.invalid');
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ in: 'body', pointer }));
    expect(await historyOf(path)).toHaveLength(1);
  });

  it('appends a line to the description', async () => {
    const path = (await service.report({ description: 'a' })).headers.get('location')!;
    const answer = await service.patch(path, { description_append: ' b\n🛴 ' });
    expect(answer.status).toBe(200);
    expect(answer.body.description).toBe('a\n b\n🛴 ');
    expect((await historyOf(path)).at(-1)).toMatchObject({ type: 'description_appended', text: ' b\n🛴 ' });
  });

  it('changes the status and the description together, or neither', async () => {
    const path = (await service.report({ description: 'a' })).headers.get('location')!;
    const illegal = await service.patch(path, { status: 'RESOLVED', description_append: 'b' });
    expect(illegal).toBeProblem('incident.illegal-transition');
    expect((await service.get(path)).body).toMatchObject({ status: 'NEW', description: 'a' });
    expect(await historyOf(path)).toHaveLength(1);

    const legal = await service.patch(path, { status: 'IN_PROGRESS', description_append: 'b' });
    expect(legal.body).toMatchObject({ status: 'IN_PROGRESS', description: 'a\nb' });
    expect((await historyOf(path)).map(({ type }) => type)).toEqual([
      'reported',
      'status_changed',
      'description_appended',
    ]);
  });

  it('rejects an addition that would make the description longer than 100,000 characters', async () => {
    const path = (await service.report({ description: 'a'.repeat(10_000) })).headers.get('location')!;
    for (let i = 0; i < 8; i++) await service.patch(path, { description_append: 'я'.repeat(10_000) });
    const fits = await service.patch(path, { description_append: '🛴'.repeat(9_991) });
    expect(fits.status).toBe(200);
    expect([...fits.body.description]).toHaveLength(100_000);
    const full = await service.patch(path, { status: 'IN_PROGRESS', description_append: 'a' });
    expect(full).toBeProblem('incident.description-too-long');
    expect(full.body).toMatchObject({ length: 100_002, limit: 100_000 });
    expect((await service.get(path)).body.status).toBe('NEW');
  });

  it('sets updated_at, and keeps created_at', async () => {
    const reported = await service.report();
    // Times have milliseconds.
    await until(() => Date.now() > Date.parse(reported.body.created_at));
    const changed = await service.patch(reported.headers.get('location')!, { description_append: 'b' });
    expect(changed.body.created_at).toBe(reported.body.created_at);
    expect(changed.body.updated_at > reported.body.updated_at).toBe(true);
  });
});
