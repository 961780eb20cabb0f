import { type Service, startService } from '../../support/service.js';

describe('an incident that somebody works on', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const reported = async (more: Record<string, unknown> = {}): Promise<string> =>
    (await service.report(more)).headers.get('location')!;
  const eventsOf = async (path: string) =>
    ((await service.get(`${path}/events`)).body as Record<string, unknown>[]).slice(1);
  const ids = async (query: string) =>
    ((await service.get(`/api/v1/incidents?${query}`)).body as { id: number }[]).map(({ id }) => id);
  const idOf = (path: string) => Number(path.split('/').at(-1));

  it('is taken by one change, which sets the status and the assignee', async () => {
    const path = await reported();
    const { body } = await service.patch(path, { assignee: 'me' });
    expect(body).toMatchObject({ status: 'IN_PROGRESS', assignee: 'admin', taken_at: expect.any(String) });
    expect(await eventsOf(path)).toMatchObject([
      { type: 'status_changed', from: 'NEW', to: 'IN_PROGRESS', assignee: 'admin' },
    ]);
  });

  it.each(['', '/status'])('belongs to whoever begins to work on it by PATCH {id}%s', async (suffix) => {
    const path = await reported();
    const { body } = await service.patch(path + suffix, { status: 'IN_PROGRESS' });
    expect(body).toMatchObject({ assignee: 'admin' });
  });

  it('is handed over and released by changes of their own', async () => {
    const path = await reported();
    await service.patch(path, { status: 'IN_PROGRESS', assignee: 'Анна' });
    await service.patch(path, { assignee: 'Борис' });
    const { body } = await service.patch(path, { assignee: null });
    expect(body).toMatchObject({ status: 'IN_PROGRESS', assignee: null });
    expect(await eventsOf(path)).toMatchObject([
      { type: 'status_changed', assignee: 'Анна' },
      { type: 'assigned', assignee: 'Борис' },
      { type: 'unassigned' },
    ]);
  });

  it('keeps the times of its end until it is reopened', async () => {
    const path = await reported();
    const resolved = await service.patch(path, { status: 'RESOLVED', via: 'shortest' });
    expect(resolved.body).toMatchObject({ resolved_at: expect.any(String), closed_at: null });
    const reopened = await service.patch(path, { status: 'IN_PROGRESS' });
    expect(reopened.body).toMatchObject({ resolved_at: null, assignee: 'admin' });
    const closed = await service.patch(path, { status: 'CLOSED', via: 'shortest' });
    expect(closed.body).toMatchObject({ resolved_at: expect.any(String), closed_at: expect.any(String) });
  });

  it('that is CLOSED changes neither its assignee nor its urgency', async () => {
    const path = await reported();
    await service.patch(path, { status: 'CLOSED', via: 'shortest' });
    for (const change of [{ assignee: 'Анна' }, { assignee: null }, { urgent: true }]) {
      expect(await service.patch(path, change)).toBeProblem('incident.closed');
    }
  });

  it('is found by its assignee, urgency, origin and channel', async () => {
    const origin = 'tg:-100:42';
    const urgent = idOf(await reported({ urgent: true, origin }));
    const mine = await reported();
    await service.patch(mine, { assignee: 'me' });
    const hers = await reported();
    await service.patch(hers, { assignee: 'Вера' });
    expect(await ids(`origin=${encodeURIComponent(origin)}`)).toEqual([urgent]);
    expect(await ids('chat=tg:-100')).toEqual([urgent]);
    expect(await ids('chat=tg:-1&chat=tg:-100')).toEqual([urgent]);
    expect(await ids('chat=tg:-1,tg:-100&status=CLOSED')).toEqual([]);
    expect(await ids('urgent=true')).toEqual([urgent]);
    expect(await ids('channel=kafka,rest&urgent=true')).toEqual([urgent]);
    expect(await ids('channel=kafka')).toEqual([]);
    expect(await ids(`assignee=${encodeURIComponent('Вера')}`)).toEqual([idOf(hers)]);
    expect(await ids('assignee=me')).toContain(idOf(mine));
    expect(await ids('assignee=none')).toContain(urgent);
    expect(await ids('untaken=true')).not.toContain(idOf(mine));
    expect((await ids('sort=attention'))[0]).toBe(urgent);
  });

  it('is listed by attention from page to page', async () => {
    const seen: number[] = [];
    let url: string | undefined = '/api/v1/incidents?sort=attention&limit=2';
    while (url !== undefined) {
      const page = await service.get(url);
      seen.push(...(page.body as { id: number }[]).map(({ id }) => id));
      url = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual(await ids('sort=attention&limit=200'));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('becomes urgent by a duplicate report that is urgent', async () => {
    const key = { dedup_key: 'pump-7' };
    const path = await reported(key);
    await service.report({ ...key, urgent: true });
    expect((await service.get(path)).body).toMatchObject({ urgent: true, occurrences: 2 });
    expect(await eventsOf(path)).toMatchObject([
      { type: 'duplicate_reported' },
      { type: 'urgency_changed', urgent: true },
    ]);
  });

  it('shows a replay the assignee that the first request left, whoever has it now', async () => {
    const path = await reported();
    const take = () => service.patch(path, { assignee: 'Анна' }, { 'idempotency-key': 'take-1' });
    const first = await take();
    await service.patch(path, { assignee: 'Борис', urgent: true });
    const replay = await take();
    expect(replay.body).toEqual(first.body);
    expect((await service.get(path)).body).toMatchObject({ assignee: 'Борис' });
  });

  it('is not assigned again by the replay of a request that changed nothing', async () => {
    const path = await reported();
    await service.patch(path, { assignee: 'Анна' });
    const again = () => service.patch(path, { assignee: 'Анна' }, { 'idempotency-key': 'again-1' });
    expect((await again()).status).toBe(200);
    await service.patch(path, { assignee: 'Борис' });
    await again();
    expect((await service.get(path)).body).toMatchObject({ assignee: 'Борис' });
  });

  it.each([
    [{ assignee: '' }, '/assignee'],
    [{ assignee: 'a\u202eb' }, '/assignee'],
    [{ assignee: 7 }, '/assignee'],
    [{ assignee: 'x'.repeat(256) }, '/assignee'],
    [{ urgent: 'yes' }, '/urgent'],
    [{ urgent: null }, '/urgent'],
  ])('rejects the change %j with 400', async (change, pointer) => {
    const answer = await service.patch(await reported(), change);
    expect(answer).toBeProblem('request.invalid');
    expect(answer.body).toMatchObject({ errors: [{ pointer }] });
  });

  it.each([
    'urgent=yes',
    'untaken=1',
    'origin=%20',
    'channel=Rest',
    'chat=-100',
    'chat=tg:-100:42',
    'chat=monitoring',
    'chat=tg:-100,',
    `chat=${Array.from({ length: 21 }, (_, n) => `tg:${n}`).join(',')}`,
    'assignee=%E2%80%AE',
    'sort=urgent',
    'q=abc&sort=attention',
  ])('rejects the list ?%s with 400', async (query) => {
    expect(await service.get(`/api/v1/incidents?${query}`)).toBeProblem('request.invalid');
  });

  it.each([{ urgent: 1 }, { origin: '' }, { origin: 'a b' }, { origin: 'я' }])(
    'is not reported with %j',
    async (more) => {
      expect(await service.report(more)).toBeProblem('request.invalid');
    },
  );
});
