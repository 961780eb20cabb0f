import { type Answer, type Service, startService } from '../../support/service.js';
import { repeatReport, untilPlaced } from '../../support/feed.js';

interface Page {
  readonly events: any[];
  readonly next: string;
  readonly has_more: boolean;
}

describe('the pages of the event feed', () => {
  let service: Service;
  let ids: number[];

  const page = async (query = ''): Promise<Page> => {
    const answer = await service.get(`/api/v1/events${query}`);
    expect(answer.status).toBe(200);
    return answer.body as Page;
  };
  const idsOf = ({ events }: Page) => events.map(({ id }) => id as string);
  const latest = async () => (await page('?after=latest')).next;
  /** Resolves once all committed events have a position. */
  const placed = () => untilPlaced(service.database);
  const report = async (json: Record<string, unknown> = {}) => {
    const answer = await service.report(json);
    expect([200, 201]).toContain(answer.status);
    return answer.body.id as number;
  };

  beforeAll(async () => {
    service = await startService();
    ids = [await report({ description: 'a' }), await report({ source: 'partner' })];
    await service.patch(`/api/v1/incidents/${ids[0]}`, { status: 'IN_PROGRESS', description_append: 'b' });
    await service.patch(`/api/v1/incidents/${ids[0]}/status`, { status: 'RESOLVED' });
    await service.patch(`/api/v1/incidents/${ids[0]}`, { description_append: 'c' });
    await placed();
  });
  afterAll(() => service.stop());

  it('begin with the oldest event, and show each event as the history does', async () => {
    const { events, next, has_more } = await page();
    const [id] = ids;
    const by = {
      actor: 'admin',
      access_key: 'admin',
      access_key_id: null,
      channel: 'rest',
      at: expect.any(String),
    };
    const common = {
      incident_id: id,
      source: 'monitoring',
      position: expect.stringMatching(/^\d+\.\d+$/),
      origin: null,
      duplicate_chats: [],
      ...by,
    };
    expect(events.filter(({ incident_id }) => incident_id === id)).toEqual([
      { ...common, id: `${id}-1`, seq: 1, type: 'reported', text: 'a', status: 'NEW' },
      {
        ...common,
        id: `${id}-2`,
        seq: 2,
        type: 'status_changed',
        from: 'NEW',
        to: 'IN_PROGRESS',
        assignee: 'admin',
        status: 'IN_PROGRESS',
      },
      { ...common, id: `${id}-3`, seq: 3, type: 'description_appended', text: 'b', status: 'IN_PROGRESS' },
      {
        ...common,
        id: `${id}-4`,
        seq: 4,
        type: 'status_changed',
        from: 'IN_PROGRESS',
        to: 'RESOLVED',
        status: 'RESOLVED',
      },
      { ...common, id: `${id}-5`, seq: 5, type: 'description_appended', text: 'c', status: 'RESOLVED' },
    ]);
    expect(events).toHaveLength(6);
    expect(next).toBe(events.at(-1).position);
    expect(has_more).toBe(false);
  });

  it('continue by `next` and by links', async () => {
    const whole = await page();
    const found: string[] = [];
    let answer: Answer = await service.get('/api/v1/events?limit=4');
    found.push(...idsOf(answer.body));
    expect(answer.body.has_more).toBe(true);
    const link = /<([^>]*)>; rel="next"/.exec(answer.headers.get('link')!)![1]!;
    answer = await service.get(link);
    found.push(...idsOf(answer.body));
    expect(answer.headers.has('link')).toBe(false);
    expect(found).toEqual(idsOf(whole));
    expect(idsOf(await page(`?after=${whole.events[2].position}`))).toEqual(idsOf(whole).slice(3));
    expect(await page(`?after=${whole.next}`)).toEqual({ events: [], next: whole.next, has_more: false });
  });

  it('are filtered by the status after an event, the source and the incident, and advance past excluded events', async () => {
    const [first, second] = ids;
    const { next } = await page();
    const filtered = async (query: string) => {
      const found = await page(`?${query}`);
      expect(found.next).toBe(next);
      return idsOf(found);
    };
    expect(await filtered('status=RESOLVED')).toEqual([`${first}-4`, `${first}-5`]);
    expect(await filtered('status=NEW,IN_PROGRESS&source=monitoring')).toEqual(
      [1, 2, 3].map((seq) => `${first}-${seq}`),
    );
    expect(await filtered('source=partner')).toEqual([`${second}-1`]);
    expect(await filtered(`incident=${second}`)).toEqual([`${second}-1`]);
    expect(await filtered('status=CLOSED')).toEqual([]);
    expect(await filtered('incident=999999999')).toEqual([]);
  });

  it('show the status after a reopening, and the unchanged status after a duplicate report', async () => {
    const after = await latest();
    const id = await report({ dedup_key: 'key' });
    for (const status of ['IN_PROGRESS', 'RESOLVED'])
      await service.patch(`/api/v1/incidents/${id}/status`, { status });
    await report({ dedup_key: 'key' });
    await report({ dedup_key: 'key' });
    await placed();
    const { events } = await page(`?after=${after}`);
    expect(events.map(({ type, status }) => [type, status])).toEqual([
      ['reported', 'NEW'],
      ['status_changed', 'IN_PROGRESS'],
      ['status_changed', 'RESOLVED'],
      ['reopened', 'IN_PROGRESS'],
      ['duplicate_reported', 'IN_PROGRESS'],
    ]);
  });

  it('advance through excluded events, a bounded part of the feed at a time', async () => {
    const after = await latest();
    await repeatReport(service.database, ids[1]!, 20);
    const number = Number((await latest()).split('.')[1]);
    const id = await report({ source: 'operator' });
    await placed();
    const found = await page(`?after=${after}&source=operator`);
    expect(idsOf(found)).toEqual([`${id}-1`]);
    expect(Number(found.next.split('.')[1])).toBeGreaterThan(number);
    const none = await page(`?after=${after}&status=CLOSED`);
    expect(none.events).toEqual([]);
    expect(none.has_more).toBe(false);
  });

  it('end early when their texts exceed 1 MiB', async () => {
    const after = await latest();
    const description = 'я'.repeat(10_000);
    for (let reported = 0; reported < 120; reported++) await report({ description });
    await placed();
    const first = await service.get(`/api/v1/events?after=${after}&limit=200`);
    expect(Buffer.byteLength(first.text)).toBeLessThan(1.2 * 1024 * 1024);
    expect(first.body).toMatchObject({ has_more: true });
    let count = 0;
    for (let next: Page = first.body; ; next = await page(`?after=${next.next}&limit=200`)) {
      count += next.events.length;
      if (!next.has_more) break;
    }
    expect(count).toBe(120);
  });

  it('wait for an event, and are empty after the timeout', async () => {
    const after = await latest();
    const began = performance.now();
    expect(await page(`?after=${after}&wait=1`)).toEqual({ events: [], next: after, has_more: false });
    expect(performance.now() - began).toBeGreaterThan(950);
    const waiting = page(`?after=${after}&wait=30`);
    const id = await report();
    expect(idsOf(await waiting)).toEqual([`${id}-1`]);
    expect(performance.now() - began).toBeLessThan(6_000);
  });

  it('keep waiting while the filter excludes new events, and return the position up to which they have read', async () => {
    const after = await latest();
    const waiting = page(`?after=${after}&wait=2&status=CLOSED`);
    await report();
    const { events, next } = await waiting;
    expect(events).toEqual([]);
    expect(next).not.toBe(after);
  });

  it('exclude the wait from the measured duration of the request', async () => {
    const sum = async () => {
      const { text } = await service.get('/metrics');
      return Number(
        /http_request_duration_seconds_sum\{method="GET",route="\/api\/v1\/events",status="200"\} (\S+)/.exec(
          text,
        )?.[1],
      );
    };
    const before = await sum();
    await page('?after=latest&wait=1');
    expect((await sum()) - before).toBeLessThan(0.5);
  });

  it.each(['1.1', 'ahead', 'trimmed'])(
    'are rejected with 410 for an unknown position (%s), with the range of the feed',
    async (which) => {
      const [epoch, number] = (await latest()).split('.').map(Number);
      if (which === 'trimmed') await service.database.query('UPDATE feed_state SET trimmed_to = 2');
      const after = { '1.1': '1.1', ahead: `${epoch}.${number! + 1}`, trimmed: `${epoch}.1` }[which];
      const answer = await service.get(`/api/v1/events?after=${after}`);
      expect(answer).toBeProblem('feed.position-gone');
      const trimmedTo = which === 'trimmed' ? 2 : 0;
      expect(answer.body).toMatchObject({
        epoch,
        oldest: `${epoch}.${trimmedTo}`,
        latest: `${epoch}.${number}`,
      });
      expect((await page(`?after=${answer.body.oldest}&limit=1`)).events[0].position).toBe(
        `${epoch}.${trimmedTo + 1}`,
      );
    },
  );

  it.each([
    'after=x',
    'after=1',
    'after=-1.2',
    'after=1.02',
    'after=1.2.3',
    'after=',
    'limit=0',
    'limit=201',
    'wait=31',
    'wait=-1',
    'status=LOST',
    'source=me',
    'incident=0',
    'incident=a',
    'other=1',
  ])('are rejected with 400 for %s', async (query) => {
    expect(await service.get(`/api/v1/events?${query}`)).toBeProblem('request.invalid');
  });
});
