import { EventFeed, type FeedFilter, matchesFilter } from '../../../src/application/feed/event-feed.js';
import { type EventStreamReader, openEventStream } from '../../support/event-stream.js';
import { untilPlaced } from '../../support/feed.js';
import { type Service, startService } from '../../support/service.js';

interface Page {
  readonly events: any[];
  readonly next: string;
}

describe('the events of a chat', () => {
  let service: Service;
  const streams: EventStreamReader[] = [];

  beforeEach(async () => (service = await startService()));
  afterEach(async () => {
    for (const stream of streams.splice(0)) stream.close();
    await service.stop();
  });

  const page = async (query: string, headers?: Record<string, string>): Promise<Page> => {
    await untilPlaced(service.database);
    const answer = await service.get(`/api/v1/events?limit=200&${query}`, headers);
    expect(answer.status).toBe(200);
    return answer.body as Page;
  };
  const idsOf = ({ events }: Page) => events.map(({ id }) => id as string);
  const report = async (origin?: string, headers: Record<string, string> = {}): Promise<number> => {
    const json = { description: 'a', source: 'operator', origin };
    return (await service.request('POST', '/api/v1/incidents', { json, headers })).body.id;
  };
  const patch = async (id: number, json: object) => {
    expect((await service.patch(`/api/v1/incidents/${id}`, json)).status).toBe(200);
  };
  const aKey = async (role: string) => {
    const { body } = await service.request('POST', '/api/v1/keys', { json: { name: role, role } });
    return { 'X-Access-Key': body.secret as string };
  };

  it('are those of incidents that were reported in it, with their origin', async () => {
    const one = await report('tg:-1:42');
    const other = await report('tg:-12:42');
    // No message of a chat.
    for (const origin of ['tg:-1', 'tg:-1x', 'JIRA-1', undefined]) await report(origin);
    await patch(one, { status: 'IN_PROGRESS' });
    const { events } = await page('chat=tg:-1');
    expect(events).toMatchObject([
      { id: `${one}-1`, origin: 'tg:-1:42', duplicate_chats: [] },
      { id: `${one}-2`, origin: 'tg:-1:42', duplicate_chats: [] },
    ]);
    expect(idsOf(await page('chat=tg:-12'))).toEqual([`${other}-1`]);
    expect(idsOf(await page('chat=tg:-1,tg:-12'))).toEqual([`${one}-1`, `${other}-1`, `${one}-2`]);
    expect(idsOf(await page('chat=tg:-1&chat=tg:-12&status=NEW'))).toEqual([`${one}-1`, `${other}-1`]);
    expect(idsOf(await page('chat=tg:-3'))).toEqual([]);
    expect((await page('')).events.map(({ origin }) => origin)).toEqual([
      'tg:-1:42',
      'tg:-12:42',
      'tg:-1',
      'tg:-1x',
      'JIRA-1',
      null,
      'tg:-1:42',
    ]);
  });

  it('include those of an incident of which a duplicate was reported in it', async () => {
    const original = await report('tg:-1:42');
    const duplicate = await report('tg:-2:7');
    const another = await report('tg:-2:8');
    await patch(duplicate, { duplicate_of: original });
    const { next } = await page('after=latest');
    await patch(another, { duplicate_of: original });
    await patch(original, { status: 'IN_PROGRESS' });
    const { events } = await page(`after=${next}&chat=tg:-2&incident=${original}`);
    expect(events).toMatchObject([
      { incident_id: original, type: 'duplicate_linked', origin: 'tg:-1:42', duplicate_chats: ['tg:-2'] },
      { incident_id: original, type: 'status_changed', origin: 'tg:-1:42', duplicate_chats: ['tg:-2'] },
    ]);
    // Of the duplicates themselves, those of the other chat are not.
    expect(new Set((await page('chat=tg:-1')).events.map((event) => event.incident_id))).toEqual(
      new Set([original]),
    );
  });

  it.each(['before', 'after'])(
    'include those at the end of a chain of duplicates, if the first was marked %s the second',
    async (order) => {
      const [first, second, original] = [await report('tg:-1:1'), await report('tg:-2:2'), await report()];
      const marks = [
        () => patch(first, { duplicate_of: second }),
        () => patch(second, { duplicate_of: original }),
      ];
      for (const mark of order === 'before' ? marks : marks.toReversed()) await mark();
      const { next } = await page('after=latest');
      await patch(original, { status: 'IN_PROGRESS' });
      for (const chat of ['tg:-1', 'tg:-2']) {
        const { events } = await page(`after=${next}&chat=${chat}`);
        expect(events).toMatchObject([
          { incident_id: original, origin: null, duplicate_chats: ['tg:-1', 'tg:-2'] },
        ]);
      }
    },
  );

  it('are the same for readers that wait at the end of the feed', async () => {
    const original = await report('tg:-1:42');
    const duplicate = await report('tg:-2:7');
    await untilPlaced(service.database);
    const chats = ['tg:-1', 'tg:-2', 'tg:-3', 'tg:-1,tg:-2'];
    const open = (chat: string) => openEventStream(service.url, { query: `?chat=${chat}` });
    streams.push(...(await Promise.all(chats.map(open))));
    await Promise.all(streams.map((stream) => stream.untilNamed('heartbeat')));
    const { next } = await page('after=latest');
    await patch(duplicate, { duplicate_of: original });
    await patch(original, { status: 'IN_PROGRESS' });
    const expected = await Promise.all(
      chats.map(async (chat) => (await page(`after=${next}&chat=${chat}`)).events),
    );
    expect(expected.map(({ length }) => length)).toEqual([2, 6, 0, 6]);
    for (const [i, stream] of streams.entries()) {
      const received = await stream.untilEvents(expected[i]!.length);
      expect(received.map(({ data }) => data)).toEqual(expected[i]);
    }
  });

  it('are selected in memory as by the database', async () => {
    const reporter = await aKey('reporter');
    const ids = [
      await report('tg:-1:1'),
      await report('tg:-2:1'),
      await report('tg:-3:1', reporter),
      await report('tg:-1:2', reporter),
      await report('x:y'),
    ];
    await patch(ids[1]!, { duplicate_of: ids[0] });
    await patch(ids[0]!, { duplicate_of: ids[2] });
    await patch(ids[4]!, { duplicate_of: ids[3] });
    await untilPlaced(service.database);
    const feed = service.app.get(EventFeed);
    const { events } = await feed.read('oldest', {}, 500);
    const principal = events.find(({ incidentId }) => incidentId === ids[2])!.reporter!;
    const chats = [['tg:-1'], ['tg:-2'], ['tg:-3', 'tg:-2'], ['x:y'], undefined];
    const filters: FeedFilter[] = chats.flatMap((some) => [
      { chats: some },
      { chats: some, reporter: principal },
      { chats: some, statuses: ['NEW'] },
    ]);
    for (const filter of filters) {
      const found = await feed.read('oldest', filter, 500);
      expect([filter, found.events]).toEqual([
        filter,
        events.filter((event) => matchesFilter(event, filter)),
      ]);
    }
  });

  it('include, for a key that may not read, no event because of the duplicates of others, and no origin', async () => {
    const reporter = await aKey('reporter');
    const original = await report('tg:-1:42', reporter);
    await patch(await report('tg:-2:7'), { duplicate_of: original });
    const { events } = await page('chat=tg:-1', reporter);
    expect(events).toHaveLength(2);
    for (const event of events) {
      expect(event).not.toHaveProperty('origin');
      expect(event).not.toHaveProperty('duplicate_chats');
    }
    expect(idsOf(await page('chat=tg:-2', reporter))).toEqual([]);
  });

  it('name up to 100 chats of duplicates', async () => {
    const original = await report('tg:-1:42');
    await patch(await report('tg:-2:7'), { duplicate_of: original });
    await service.database.query(
      `INSERT INTO duplicate_chats (incident_id, chat) SELECT $1, 'tg:' || n FROM generate_series(1000, 1200) AS n`,
      [original],
    );
    const { events } = await page(`incident=${original}`);
    expect(events.map(({ duplicate_chats: chats }) => chats.length)).toEqual([100, 100]);
  });

  it.each([
    '',
    'tg',
    'tg:',
    'tg:1:2',
    'TG:1',
    'tg:1,,tg:2',
    Array.from({ length: 21 }, (_, i) => `tg:${i}`).join(','),
  ])('are rejected with 400 for the chats %j', async (chat) => {
    const answer = await service.get(`/api/v1/events?chat=${chat}`);
    expect(answer).toBeProblem('request.invalid');
    expect(answer.body.detail).toContain('chat must be up to 20 chats such as tg:-100123');
    expect(await service.get(`/api/v1/events/stream?chat=${chat}`)).toBeProblem('request.invalid');
  });
});
