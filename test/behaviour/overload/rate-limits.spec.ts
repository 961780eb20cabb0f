import { jest } from '@jest/globals';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { KEY, type Service, startService } from '../../support/service.js';
import { anAlert, aNotification } from '../../support/alerts.js';
import { aRedis, hasRedis, type TestRedis } from '../../support/redis.js';

const LIST = '/api/v1/incidents';
const A_LINE = `${JSON.stringify({ description: 'a line', source: 'monitoring' })}\n`;

const from = (address: string, key = KEY) => ({ 'X-Access-Key': key, 'X-Forwarded-For': address });
const statuses = async (times: number, send: () => Promise<{ status: number }>) => {
  const answers: number[] = [];
  for (let i = 0; i < times; i++) answers.push((await send()).status);
  return answers;
};

describe('the limit on requests without a valid key', () => {
  let service: Service;
  beforeAll(async () => (service = await startService({ environment: { TRUSTED_PROXIES: '127.0.0.1' } })));
  afterAll(() => service.stop());

  const attempt = (address: string, key = 'wrong') => service.get(LIST, from(address, key));

  it('is 20 per minute and address; further ones get 429 with Retry-After', async () => {
    expect(await statuses(20, () => attempt('192.0.2.1'))).toEqual(Array<number>(20).fill(401));
    const answer = await attempt('192.0.2.1');
    expect(answer).toBeProblem('request.rate-limited');
    const retryAfter = Number(answer.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThanOrEqual(1);
    expect(retryAfter).toBeLessThanOrEqual(60);
    expect((await attempt('192.0.2.2')).status).toBe(401);
  });

  it('never blocks a valid key, also one that was not used from that address before', async () => {
    await statuses(30, () => attempt('192.0.2.3'));
    const json = { name: 'valid', role: 'reporter' };
    const { body } = await service.request('POST', '/api/v1/keys', { headers: from('192.0.2.4'), json });
    for (const key of [KEY, body.secret as string]) {
      const report = { description: 'a', source: 'partner' };
      const answer = await service.request('POST', LIST, { headers: from('192.0.2.3', key), json: report });
      expect(answer.status).toBe(201);
      expect((await attempt('192.0.2.3')).status).toBe(429);
    }
  });

  it('answers 503 on intake routes, which senders retry', async () => {
    await statuses(21, () => attempt('192.0.2.6'));
    const answer = await service.request('POST', LIST, { headers: from('192.0.2.6', 'wrong'), json: {} });
    expect(answer).toBeProblem('intake.rate-limited');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });

  it('counts an IPv6 network of 64 bits as one client', async () => {
    await statuses(20, () => attempt('2001:db8:0:1::1'));
    expect((await attempt('2001:db8::1:ffff:0:0:2')).status).toBe(429);
    expect((await attempt('2001:db8:0:2::1')).status).toBe(401);
  });

  it('counts by the address that a trusted proxy forwards, and ignores one that a client invents', async () => {
    const open = await startService({ environment: {} });
    try {
      let i = 0;
      const forged = () => open.get(LIST, from(`198.51.100.${++i}`, 'wrong'));
      expect(await statuses(21, forged)).toEqual([...Array<number>(20).fill(401), 429]);
    } finally {
      await open.stop();
    }
  });
});

describe('the rate limit of a key', () => {
  let service: Service;
  beforeAll(async () => (service = await startService({ environment: { RATE_LIMIT: '5' } })));
  afterAll(() => service.stop());

  it('is RATE_LIMIT requests per minute, and is reported in the RateLimit headers', async () => {
    const key = async (name: string) => {
      const { body } = await service.request('POST', '/api/v1/keys', { json: { name, role: 'operator' } });
      return { 'X-Access-Key': body.secret as string };
    };
    const [one, other] = [await key('one'), await key('other')];
    const first = await service.get(LIST, one);
    expect(first.headers.get('ratelimit-policy')).toBe('"key";q=5;w=60');
    expect(first.headers.get('ratelimit')).toMatch(/^"key";r=4;t=(60|59)$/);
    expect(await statuses(5, () => service.get(LIST, one))).toEqual([200, 200, 200, 200, 429]);
    const over = await service.get(LIST, one);
    expect(over).toBeProblem('request.rate-limited');
    expect(over.headers.get('ratelimit')).toMatch(/^"key";r=0;t=\d+$/);
    expect(Number(over.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    const report = await service.request('POST', LIST, {
      headers: one,
      json: { description: 'a', source: 'operator' },
    });
    expect(report).toBeProblem('intake.rate-limited');
    expect((await service.get(LIST, other)).status).toBe(200);
    expect((await fetch(`${service.url}/health`)).headers.has('ratelimit')).toBe(false);
  });

  it('counts requests without permission too', async () => {
    const { body } = await service.request('POST', '/api/v1/keys', {
      json: { name: 'nosy', role: 'reader' },
    });
    const forbidden = () => service.get('/api/v1/keys', { 'X-Access-Key': body.secret as string });
    const first = await forbidden();
    expect(first).toBeProblem('request.forbidden');
    expect(first.headers.get('ratelimit')).toMatch(/^"key";r=4;/);
    expect(await statuses(5, forbidden)).toEqual([403, 403, 403, 403, 429]);
  });
});

describe('the rate limit on lines and alerts', () => {
  let service: Service;
  beforeAll(async () => (service = await startService({ environment: { RATE_LIMIT: '10' } })));
  afterAll(() => service.stop());

  const aReporter = async (name: string) => {
    const { body } = await service.request('POST', '/api/v1/keys', { json: { name, role: 'reporter' } });
    return { 'X-Access-Key': body.secret as string };
  };

  it('counts each as a request: a line over the limit is answered with 429 and retry_after, and no other line is lost', async () => {
    const headers = { ...(await aReporter('streams')), 'Content-Type': 'application/x-ndjson' };
    const { status, text } = await service.request('POST', LIST, { headers, body: A_LINE.repeat(15) });
    expect(status).toBe(200);
    const lines = text
      .trim()
      .split('\n')
      .map((each) => JSON.parse(each));
    // The request itself is the first of ten.
    expect(lines.map((line) => line.status)).toEqual([
      ...Array<number>(9).fill(201),
      ...Array<number>(6).fill(429),
    ]);
    expect(lines[14]).toEqual({
      line: 15,
      status: 429,
      code: 'request.rate-limited',
      detail: 'The key streams is limited to 10 requests and lines per minute.',
      retry_after: expect.any(Number),
    });
    const [row] = await service.database.query(
      `SELECT count(*)::int AS count FROM incidents WHERE description = 'a line'`,
    );
    expect(row).toEqual({ count: 9 });
    const next = await service.request('POST', LIST, { headers, body: A_LINE });
    expect(next).toBeProblem('intake.rate-limited');
  });

  it('accepts a notification with more alerts than the limit, and delays the next one', async () => {
    const headers = await aReporter('alertmanager-1');
    const alerts = Array.from({ length: 25 }, (_, n) => anAlert(`limited-${n}`));
    const send = () =>
      service.request('POST', '/api/v1/intake/alertmanager', { headers, json: aNotification(...alerts) });
    expect(await send()).toMatchObject({ status: 200, body: { created: 25 } });
    const next = await send();
    expect(next).toBeProblem('intake.rate-limited');
    expect(Number(next.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });
});

(hasRedis ? describe : describe.skip)('limits in Redis', () => {
  let redis: TestRedis;
  let services: Service[];

  beforeAll(async () => {
    redis = await aRedis();
    const environment = { RATE_LIMIT: '6', REDIS_URL: redis.url };
    const first = await startService({ environment });
    services = [first, await startService({ environment, on: first.database.connection })];
  });
  afterAll(async () => {
    const [first, second] = services;
    await second!.stop();
    await first!.stop();
    await redis.remove();
  });

  const keys: string[] = [];
  const aKey = async (role = 'reader') => {
    const name = `key-${keys.length}`;
    // Inserted directly: requests for keys would count.
    const { database } = services[0]!;
    const random = Buffer.alloc(32, keys.length + 1).toString('base64url');
    const [row] = await database.query<{ id: string }>(
      `INSERT INTO access_keys (name, role, digest, slot, created_at)
       VALUES ($1, $3, sha256($2::bytea), 1, now()) RETURNING id`,
      [name, random, role],
    );
    keys.push(name);
    return `inc_${row!.id}_${random}`;
  };
  const alternately = (times: number, key: string) => {
    let i = 0;
    return statuses(times, () => services[i++ % 2]!.get(LIST, { 'X-Access-Key': key }));
  };

  /** Waits until both processes count in Redis: they are connected, and no answer of Redis was late. */
  const expectShared = async () => {
    const shared = [...Array<number>(6).fill(200), 429, 429];
    const deadline = Date.now() + 15_000;
    let found: number[] = [];
    while (Date.now() < deadline && String(found) !== String(shared))
      found = await alternately(8, await aKey());
    expect(found).toEqual(shared);
  };

  it('are shared by all processes', expectShared);

  it('count the lines of streams in all processes', async () => {
    const secret = await aKey('reporter');
    const headers = { 'X-Access-Key': secret, 'Content-Type': 'application/x-ndjson' };
    const linesOf = async (service: Service, lines: number) => {
      const { text } = await service.request('POST', LIST, { headers, body: A_LINE.repeat(lines) });
      return text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { status: number }).status);
    };
    expect(await linesOf(services[0]!, 3)).toEqual([201, 201, 201]);
    expect(await linesOf(services[1]!, 5)).toEqual([201, 429, 429, 429, 429]);
  });

  it('are counted per process while Redis is unreachable, and no request fails or waits', async () => {
    await redis.stop();
    const key = await aKey();
    const startedAt = performance.now();
    expect(await alternately(14, key)).toEqual([...Array<number>(12).fill(200), 429, 429]);
    // A request that waited for Redis would wait until it is back.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await redis.start();
    await expectShared();
  });

  it('are counted per process while Redis is frozen, and each process waits for it once', async () => {
    redis.freeze();
    try {
      const key = await aKey();
      const consume = jest.spyOn(RateLimiterRedis.prototype, 'consume');
      const startedAt = performance.now();
      expect(await alternately(14, key)).toEqual([...Array<number>(12).fill(200), 429, 429]);
      // Each process asks Redis once, and again after each second.
      const seconds = Math.floor((performance.now() - startedAt) / 1_000);
      expect(consume.mock.calls.length).toBeLessThanOrEqual(2 * (1 + seconds));
    } finally {
      jest.restoreAllMocks();
      redis.thaw();
    }
  });
});
