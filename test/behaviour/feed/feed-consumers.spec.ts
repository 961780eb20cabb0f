import { MAX_CONSUMERS } from '../../../src/application/feed/manage-consumers.js';
import { Retention } from '../../../src/infrastructure/postgres/schema/retention.js';
import { type Service, startService } from '../../support/service.js';
import { LOCK_PLACING, untilPlaced, untilReadByService } from '../../support/feed.js';
import { until } from '../../support/until.js';

describe('a consumer of the event feed', () => {
  let service: Service;
  let keys = 0;

  beforeEach(async () => (service = await startService()));
  afterEach(() => service.stop());

  const put = (name: string, position: unknown, headers: Record<string, string> = {}) =>
    service.request('PUT', `/api/v1/consumers/${name}`, { json: { position }, headers });
  const get = async (name: string) => (await service.get(`/api/v1/consumers/${name}`)).body;
  const remove = (name: string, headers: Record<string, string> = {}) =>
    service.request('DELETE', `/api/v1/consumers/${name}`, { headers });
  const aKey = async (role: string) => {
    const { body } = await service.request('POST', '/api/v1/keys', { json: { name: `key-${++keys}`, role } });
    return { 'X-Access-Key': body.secret as string };
  };
  const positions = async (): Promise<string[]> =>
    (await service.get('/api/v1/events')).body.events.map(({ position }: { position: string }) => position);
  /** Reports incidents, and resolves with the positions of all events once they are placed. */
  const report = async (count: number): Promise<string[]> => {
    for (let i = 0; i < count; i++) {
      await service.report();
      // One after the other, so that each has its own row.
      await untilPlaced(service.database);
    }
    return positions();
  };

  it('is created at a position, shows its lag, changes its position, and is deleted', async () => {
    const all = await report(3);
    const created = await put('mailer', all[0]);
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      name: 'mailer',
      position: all[0],
      metadata: null,
      lag: 2,
      lag_seconds: expect.any(Number),
      created_at: expect.any(String),
      last_seen_at: expect.any(String),
    });
    expect(created.body.lag_seconds).toBeGreaterThan(0);
    const moved = await put('mailer', all[2]);
    expect(moved).toMatchObject({ status: 200, body: { position: all[2], lag: 0, lag_seconds: 0 } });
    expect(await get('mailer')).toEqual(moved.body);
    // Backwards too: it reads earlier events again.
    expect((await put('mailer', 'oldest')).body).toMatchObject({ lag: 3 });
    expect((await put('mailer', 'latest')).body).toMatchObject({ position: all[2], lag: 0 });
    await put('another', all[1]);
    const list = await service.get('/api/v1/consumers');
    expect(list.body).toMatchObject([
      { name: 'another', lag: 1 },
      // The reminders of the service.
      { name: 'attention' },
      { name: 'mailer', lag: 0 },
    ]);
    expect((await remove('mailer')).status).toBe(204);
    expect(await remove('mailer')).toBeProblem('consumer.not-found');
    expect(await service.get('/api/v1/consumers/mailer')).toBeProblem('consumer.not-found');
  });

  it('lets one holder store its position, and another one once that ends', async () => {
    const [first, second] = ['5f0c7a52-6f7e-4c53-9b3a-2a4b8f1f8f0e', '0B6E7E5C-1B1F-4B5B-8A3D-0F1F3C2D4E5F'];
    const store = (json: object, headers = {}) =>
      service.request('PUT', '/api/v1/consumers/bot', { json: { position: 'latest', ...json }, headers });
    expect((await store({ holder: first })).status).toBe(201);
    expect((await store({ holder: first })).status).toBe(200);
    expect(await store({ holder: second })).toBeProblem('consumer.held-by-another');
    // For the consumer itself, somebody moves its position.
    expect((await store({})).status).toBe(200);
    expect(await store({ holder: second })).toBeProblem('consumer.held-by-another');
    expect(await store({ holder: second }, await aKey('operator'))).toBeProblem('consumer.owned-by-another');

    expect((await store({ holder: null })).status).toBe(200);
    expect((await store({ holder: second })).status).toBe(200);

    await service.database.query(`UPDATE feed_consumers SET leased_until = now() WHERE name = 'bot'`);
    expect((await store({ holder: first })).status).toBe(200);
    expect(await store({ holder: 'first' })).toBeProblem('request.invalid');
  });

  it('keeps a text of its own, which is stored with its position', async () => {
    const [first] = await report(1);
    const store = (json: object) => service.request('PUT', '/api/v1/consumers/bot', { json });
    const text = '{"said": "17-2 🛴"}';
    expect((await store({ position: 'oldest', metadata: text })).body).toMatchObject({ metadata: text });
    expect(await get('bot')).toMatchObject({ metadata: text, lag: 1 });
    // Without one, it is kept.
    expect((await store({ position: first })).body).toMatchObject({ position: first, metadata: text });
    // A position that is gone stores neither.
    expect(await store({ position: '1.1', metadata: 'b' })).toBeProblem('feed.position-gone');
    expect(await get('bot')).toMatchObject({ position: first, metadata: text });
    expect((await store({ position: first, metadata: 'b' })).body).toMatchObject({ metadata: 'b' });
    const { body: list } = await service.get('/api/v1/consumers');
    expect(list).toMatchObject([
      { name: 'attention', metadata: null },
      { name: 'bot', metadata: 'b' },
    ]);
    expect((await store({ position: first, metadata: null })).body).toMatchObject({ metadata: null });
    expect((await store({ position: first, metadata: '🛴'.repeat(4_096) })).status).toBe(200);
  });

  it.each([
    ['an empty text', ''],
    ['a blank text', ' '],
    ['NUL', 'a\0'],
    ['a lone surrogate', '\ud800'],
    ['4,097 characters', 'a'.repeat(4_097)],
    ['a number', 1],
    ['an object', { a: 1 }],
  ])('is rejected with %s as its text', async (_, metadata) => {
    const json = { position: 'latest', metadata };
    const answer = await service.request('PUT', '/api/v1/consumers/bot', { json });
    expect(answer).toBeProblem('request.invalid');
    expect(answer.body.errors).toMatchObject([{ in: 'body', pointer: '/metadata' }]);
    expect(await service.get('/api/v1/consumers/bot')).toBeProblem('consumer.not-found');
  });

  it('is rejected with a text that is too large', async () => {
    const json = { position: 'latest', metadata: 'a'.repeat(300_000) };
    expect(await service.request('PUT', '/api/v1/consumers/bot', { json })).toBeProblem(
      'request.body-too-large',
    );
  });

  it('can be changed only by the key that created it and by admins', async () => {
    const [owner, other] = [await aKey('reader'), await aKey('operator')];
    expect((await put('mine', 'latest', owner)).status).toBe(201);
    expect((await service.get('/api/v1/consumers/mine', other)).status).toBe(200);
    expect(await put('mine', 'oldest', other)).toBeProblem('consumer.owned-by-another');
    expect(await remove('mine', other)).toBeProblem('consumer.owned-by-another');
    expect((await put('mine', 'oldest', owner)).status).toBe(200);
    expect((await put('mine', 'latest')).status).toBe(200);
    // An admin changed its position, but did not become its owner.
    expect((await remove('mine', owner)).status).toBe(204);
    await service.database.query(`INSERT INTO feed_consumers (name, position) VALUES ('kafka', 0)`);
    expect(await put('kafka', 'latest', owner)).toBeProblem('consumer.owned-by-another');
    expect((await put('kafka', 'latest')).status).toBe(200);
    const reporter = await aKey('reporter');
    for (const answer of [
      await put('a', 'latest', reporter),
      await service.get('/api/v1/consumers', reporter),
    ])
      expect(answer).toBeProblem('request.forbidden');
  });

  it('belongs to one key, even if two keys create it at once', async () => {
    const [one, another] = [await aKey('reader'), await aKey('reader')];
    for (let i = 0; i < 10; i++) {
      const answers = await Promise.all([put(`c${i}`, 'oldest', one), put(`c${i}`, 'latest', another)]);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 403]));
    }
  });

  it('cannot have the name of a consumer of the service, unless an admin creates it', async () => {
    const reader = await aKey('reader');
    expect(await put('kafka', 'latest', reader)).toBeProblem('consumer.owned-by-another');
    expect((await put('kafka', 'latest')).status).toBe(201);
    expect(await remove('kafka', reader)).toBeProblem('consumer.owned-by-another');
  });

  it('is rejected with an unknown position or an invalid name', async () => {
    const [first] = await report(1);
    const [epoch, number] = first!.split('.').map(Number);
    for (const position of ['1.1', `${epoch}.${number! + 1}`])
      expect(await put('a', position)).toBeProblem('feed.position-gone');
    for (const position of ['x', '', 1, null, ['oldest']])
      expect(await put('a', position)).toBeProblem('request.invalid');
    expect(await put('-a', 'latest')).toBeProblem('request.invalid');
    expect(await put('a'.repeat(65), 'latest')).toBeProblem('request.invalid');
    expect(await put('a', 'latest', { 'Idempotency-Key': 'a' })).toBeProblem('request.invalid');
    expect(await service.request('PUT', '/api/v1/consumers/a', { json: {} })).toBeProblem('request.invalid');
  });

  it('is rejected when there are 100 consumers', async () => {
    await service.database.query(
      `INSERT INTO feed_consumers (name, position) SELECT 'c' || n, 0 FROM generate_series(1, ${MAX_CONSUMERS}) AS n`,
    );
    expect(await put('more', 'latest')).toBeProblem('consumer.limit-reached');
    expect((await put('c1', 'latest')).status).toBe(200);
  });

  it('is rejected past 100, even if many are created at once', async () => {
    const answers = await Promise.all(Array.from({ length: 150 }, (_, i) => put(`c${i}`, 'latest')));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(MAX_CONSUMERS);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expect(answer).toBeProblem('consumer.limit-reached');
    // The reminders of the service have one more.
    expect((await service.get('/api/v1/consumers')).body).toHaveLength(MAX_CONSUMERS + 1);
  });

  it('exports its lag as a metric, including events without a position', async () => {
    const [first] = await report(2);
    await put('mailer', first);
    const metric = async (name: string) =>
      Number(new RegExp(`^${name} (\\S+)$`, 'm').exec((await service.get('/metrics')).text)?.[1]);
    expect(await metric('feed_consumer_lag_events{consumer="mailer"}')).toBe(1);
    await service.database.query(`UPDATE feed SET placed_at = now() - interval '10 minutes'`);
    expect(await metric('feed_consumer_lag_seconds{consumer="mailer"}')).toBeGreaterThanOrEqual(600);
    expect(await metric('feed_consumer_last_seen_age_seconds{consumer="mailer"}')).toBeLessThan(60);
    expect(await metric('feed_unplaced_age_seconds')).toBe(0);
    await service.database.query(`UPDATE feed_consumers SET last_seen_at = now() - interval '5 minutes'`);
    expect(await metric('feed_consumer_last_seen_age_seconds{consumer="mailer"}')).toBeGreaterThanOrEqual(
      300,
    );
    await put('mailer', 'latest');
    expect(await metric('feed_consumer_lag_seconds{consumer="mailer"}')).toBe(0);
    // Only the holder of the lock places events.
    await service.database.query(`BEGIN`);
    await service.database.query(LOCK_PLACING);
    await service.report();
    expect(await metric('feed_consumer_lag_events{consumer="mailer"}')).toBe(1);
    await until(async () => (await metric('feed_unplaced_age_seconds')) > 0);
    await service.database.query('COMMIT');
    await until(async () => (await metric('feed_unplaced_age_seconds')) === 0);
    await remove('mailer');
    expect(await metric('feed_consumer_lag_events{consumer="mailer"}')).toBeNaN();
  });

  describe('that is behind', () => {
    const age = (days: number, count: number) =>
      service.database.query(
        `UPDATE feed SET placed_at = now() - interval '${days} days' WHERE last_position IN
           (SELECT last_position FROM feed ORDER BY last_position LIMIT ${count})`,
      );
    const trim = async () => {
      await untilReadByService(service.database);
      return service.app.get(Retention).deleteExpired();
    };

    it('delays the trimming of the feed until it has read the events or is deleted', async () => {
      const all = await report(5);
      await put('slow', all[1]);
      await put('quick', all[4]);
      await age(8, 4);
      expect(await trim()).toBe(2);
      expect(await positions()).toEqual(all.slice(2));
      expect(await service.get(`/api/v1/events?after=${all[0]}`)).toBeProblem('feed.position-gone');
      expect((await service.get(`/api/v1/events?after=${all[1]}`)).status).toBe(200);
      await put('slow', all[2]);
      expect(await trim()).toBe(1);
      await remove('slow');
      expect(await trim()).toBe(1);
      expect(await positions()).toEqual(all.slice(4));
      expect(await trim()).toBe(0);
      const { body } = await service.get(`/api/v1/incidents/1/events`);
      expect(body).toHaveLength(1);
    });

    it('does not delay trimming past FEED_MAX_RETENTION_DAYS, and then gets feed.position-gone', async () => {
      const all = await report(3);
      await put('dead', all[0]);
      await age(31, 2);
      expect(await trim()).toBe(2);
      const { position } = await get('dead');
      expect(position).toBe(all[0]);
      const gone = await service.get(`/api/v1/events?after=${position}`);
      expect(gone).toBeProblem('feed.position-gone');
      expect(gone.body).toMatchObject({ oldest: all[1], latest: all[2] });
    });

    it('is not required for trimming; an empty feed keeps its latest position', async () => {
      const all = await report(2);
      await age(8, 2);
      expect(await trim()).toBe(2);
      expect((await service.get('/api/v1/events')).body).toEqual({
        events: [],
        next: all[1],
        has_more: false,
      });
      expect((await service.get(`/api/v1/events?after=${all[1]}`)).body.events).toEqual([]);
      expect(await service.get(`/api/v1/events?after=${all[0]}`)).toBeProblem('feed.position-gone');
      expect(await report(1)).toHaveLength(1);
    });
  });
});
