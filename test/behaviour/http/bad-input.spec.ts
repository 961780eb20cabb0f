import { gzipSync } from 'node:zlib';
import { type Answer, type Service, startService } from '../../support/service.js';

const COLLECTION = '/api/v1/incidents';

describe('invalid input', () => {
  let service: Service;
  let id: number;
  let count: () => Promise<string>;

  beforeAll(async () => {
    service = await startService();
    id = (await service.report()).body.id;
    count = async () => {
      const [row] = await service.database.query<{ all: string }>(
        `SELECT (SELECT count(*) FROM incidents) || ' ' || (SELECT count(*) FROM incident_events) AS all`,
      );
      return row!.all;
    };
  });
  afterAll(() => service.stop());

  // A rejected request stores nothing.
  let before: string;
  beforeEach(async () => (before = await count()));
  afterEach(async () => expect(await count()).toBe(before));

  const post = (body: string | Buffer, type = 'application/json', headers = {}): Promise<Answer> =>
    service.request('POST', COLLECTION, { body, headers: { 'Content-Type': type, ...headers } });
  const report = (json: unknown) => service.request('POST', COLLECTION, { json });
  const pointersOf = (answer: Answer) =>
    (answer.body.errors as { in: string; pointer: string }[]).map((error) => `${error.in} ${error.pointer}`);

  describe('a report', () => {
    const text = (description: unknown) => ({ description, source: 'operator' });

    it.each<[string, unknown, string[]]>([
      ['no fields', {}, ['body /description', 'body /source']],
      ['no source', { description: 'a' }, ['body /source']],
      ['an unknown source', { description: 'a', source: 'me' }, ['body /source']],
      ['a source in capitals', { description: 'a', source: 'OPERATOR' }, ['body /source']],
      ['a source in a list', { description: 'a', source: ['operator'] }, ['body /source']],
      ['a number for a text', text(42), ['body /description']],
      ['null for a text', text(null), ['body /description']],
      ['an object for a text', text({}), ['body /description']],
      ['an empty text', text(''), ['body /description']],
      ['a blank text', text(' \n\u00A0\u200B'), ['body /description']],
      ['a NUL', text('a\0b'), ['body /description']],
      ['a lone surrogate', text('a\uD83D'), ['body /description']],
      ['10,001 characters', text('a'.repeat(10_001)), ['body /description']],
      ['an unknown field', { ...text('a'), status: 'NEW' }, ['body /status']],
      ['a field with a pointed name', { ...text('a'), 'a/b~c': 1 }, ['body /a~1b~0c']],
      [
        'a field of every object',
        { ...text('a'), toString: 'x', constructor: 1 },
        ['body /toString', 'body /constructor'],
      ],
      ['a list', [text('a')], ['body ']],
      ['an empty list', [], ['body ']],
    ])('with %s is rejected with 400 and a pointer', async (_, json, pointers) => {
      const answer = await report(json);
      expect(answer).toBeProblem('request.invalid');
      expect(pointersOf(answer)).toEqual(pointers);
    });

    it('with thousands of unknown fields is rejected with 400, which names some of them', async () => {
      const fields = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`f${n}`, 1]));
      const answer = await report({ ...text('a'), ...fields });
      expect(answer).toBeProblem('request.invalid');
      expect(pointersOf(answer)).toEqual([...Array.from({ length: 10 }, (_, n) => `body /f${n}`), 'body ']);
      expect(answer.body.detail).toMatch(/; 19990 more unknown fields\.$/);
    });

    it.each([
      ['broken JSON', '{"description":'],
      ['no JSON at all', 'description=a'],
      ['two documents', '{} {}'],
      ['a byte order mark twice', '\uFEFF\uFEFF{}'],
      ['a byte order mark within', '{\uFEFF}'],
    ])('with %s is rejected with 400', async (_, body) =>
      expect(await post(body)).toBeProblem('request.malformed-body'),
    );

    it.each([
      ['a bare word', '"text"'],
      ['null', 'null'],
      ['a number', '1'],
      ['an infinite number', '1e400'],
    ])('that is %s instead of an object is rejected with 400', async (_, body) => {
      const answer = await post(body);
      expect(answer).toBeProblem('request.invalid');
      expect(pointersOf(answer)).toEqual(['body ']);
    });

    it.each([
      ['a member twice', '{"description":"a","source":"operator","source":"monitoring"}', 'source'],
      [
        'a member twice with one value',
        '{"description":"a","description":"a","source":"operator"}',
        'description',
      ],
      [
        'a member twice, once escaped',
        '{"description":"a","s\\u006furce":"operator","source":"operator"}',
        'source',
      ],
      ['an unknown member twice', '{"description":"a","source":"operator","x":{"y":1,"y":[{}]}}', 'y'],
      ['__proto__ twice', '{"description":"a","source":"operator","__proto__":1,"__proto__":1}', '__proto__'],
    ])('with %s is rejected with 400, which names the member', async (_, body, name) => {
      const answer = await post(body);
      expect(answer).toBeProblem('request.malformed-body');
      expect(answer.body.detail).toBe(`The body has a duplicate member ${name}.`);
    });

    it('may have colons, braces and quotes in strings', async () => {
      const description = '{"a":1,"a":2}\\": "b": \\';
      const answer = await service.request('POST', COLLECTION, {
        json: { description, source: 'operator', x: { a: 1 }, y: [{ a: 1 }, { a: 2 }] },
      });
      expect(pointersOf(answer)).toEqual(['body /x', 'body /y']);
    });

    it('with a deeply nested value is rejected with 400', async () => {
      const deep = '['.repeat(100_000) + ']'.repeat(100_000);
      expect(await post(`{"description":${deep},"source":"operator"}`)).toBeProblem('request.malformed-body');
    });

    it('with the member __proto__ is rejected with 400', async () => {
      const answer = await post('{"description":"a","source":"operator","__proto__":{"x":1}}');
      expect(pointersOf(answer)).toEqual(['body /__proto__']);
    });

    it('with invalid UTF-8 is rejected with 400, and not repaired silently', async () => {
      const body = Buffer.concat([
        Buffer.from('{"source":"operator","description":"a'),
        Buffer.from([0xff, 0xfe]),
        Buffer.from('"}'),
      ]);
      expect(await post(body)).toBeProblem('request.malformed-body');
    });

    it.each([
      ['no body', ''],
      ['a byte order mark for a body', '\uFEFF'],
      ['white space for a body', ' '],
    ])('with %s is rejected with 400', async (_, body) => expect((await post(body)).status).toBe(400));

    it('over 256 KiB is rejected with 413, compressed or not', async () => {
      const body = JSON.stringify({ description: 'a', source: 'operator', x: 'x'.repeat(256 * 1024) });
      expect(await post(body)).toBeProblem('request.body-too-large');
      expect(await post(gzipSync(body), 'application/json', { 'Content-Encoding': 'gzip' })).toBeProblem(
        'request.body-too-large',
      );
    });

    it('of exactly 256 KiB is read', async () => {
      const json = { description: 'a', source: 'operator', x: '' };
      json.x = 'x'.repeat(256 * 1024 - JSON.stringify(json).length);
      expect(pointersOf(await report(json))).toEqual(['body /x']);
    });

    it.each([
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/mixed; boundary=x',
      'application/xml',
    ])('as %s is rejected with 415', async (type) =>
      expect(await post('{"description":"a","source":"operator"}', type)).toBeProblem(
        'request.unsupported-media-type',
      ),
    );

    it.each([
      ['a body in another charset', 'application/json; charset=utf-16', {}],
      ['an unknown charset', 'application/json; charset=klingon', {}],
      ['an unknown encoding', 'application/json', { 'Content-Encoding': 'rot13' }],
    ])('as %s is rejected with 415', async (_, type, headers) => {
      const body = Buffer.from('{"description":"a","source":"operator"}', 'utf16le');
      expect(await post(body, type, headers)).toBeProblem('request.unsupported-media-type');
    });

    it('that does not match its Content-Encoding is rejected with 400', async () => {
      const answer = await post('{"description":"a"}', 'application/json', { 'Content-Encoding': 'gzip' });
      expect(answer).toBeProblem('request.malformed-body');
    });
  });

  describe('a change', () => {
    it.each<[string, unknown, string[]]>([
      ['nothing', {}, ['body ']],
      ['an unknown status', { status: 'OPEN' }, ['body /status']],
      ['a status in small letters', { status: 'closed' }, ['body /status']],
      ['null for a status', { status: null }, ['body /status']],
      ['null for an addition', { description_append: null }, ['body /description_append']],
      ['a blank addition', { description_append: ' ' }, ['body /description_append']],
      ['10,001 characters', { description_append: 'a'.repeat(10_001) }, ['body /description_append']],
      ['an unknown field beside a good one', { status: 'IN_PROGRESS', source: 'operator' }, ['body /source']],
      [
        'a good field and a bad one',
        { status: 'IN_PROGRESS', description_append: '' },
        ['body /description_append'],
      ],
    ])('with %s is rejected with 400 and a pointer', async (_, json, pointers) => {
      const answer = await service.patch(`${COLLECTION}/${id}`, json);
      expect(answer).toBeProblem('request.invalid');
      expect(pointersOf(answer)).toEqual(pointers);
    });

    it.each<[string, unknown, string[]]>([
      ['nothing', {}, ['body /status']],
      ['null', { status: null }, ['body /status']],
      ['an addition', { status: 'IN_PROGRESS', description_append: 'a' }, ['body /description_append']],
    ])('of only the status with %s is rejected with 400', async (_, json, pointers) => {
      const answer = await service.patch(`${COLLECTION}/${id}/status`, json);
      expect(answer).toBeProblem('request.invalid');
      expect(pointersOf(answer)).toEqual(pointers);
    });
  });

  describe('an id', () => {
    const routes = (given: string) => [
      service.get(`${COLLECTION}/${given}`),
      service.get(`${COLLECTION}/${given}/events`),
      service.patch(`${COLLECTION}/${given}`, { description_append: 'a' }),
      service.patch(`${COLLECTION}/${given}/status`, { status: 'IN_PROGRESS' }),
    ];

    it.each(['0', '-1', '+1', '1.0', '1e3', '0x1', '01', 'abc', '%00', '%20', '١', '1%0A', '1;2'])(
      '%s is rejected with 400',
      async (given) => {
        for (const answer of await Promise.all(routes(given))) expect(answer).toBeProblem('request.invalid');
      },
    );

    it.each(['999999', '2147483648', '9007199254740992', '9223372036854775808', '9'.repeat(300)])(
      '%s is answered with 404 if there is no such incident',
      async (given) => {
        for (const answer of await Promise.all(routes(given)))
          expect(answer).toBeProblem('incident.not-found');
      },
    );

    it('that cannot be decoded is rejected with 400', async () => {
      expect(await service.get(`${COLLECTION}/%ff`)).toBeProblem('request.invalid');
    });
  });

  describe('a query', () => {
    it.each([
      ['staus=NEW', '/staus'],
      ['q=a', '/q'],
      ['q=', '/q'],
      ['q=%20%20%20', '/q'],
      ['q=%F0%9F%9B%B4', '/q'],
      ['q=abc%00', '/q'],
      ['q=abc%ff', '/q'],
      [`q=${'a'.repeat(201)}`, '/q'],
      ['q=abc&q=abc', '/q'],
      ['cursor=', '/cursor'],
      ['cursor=abc', '/cursor'],
      ['cursor=bmExLjE=', '/cursor'],
      ['cursor=bmExLjE&cursor=bmExLjE', '/cursor'],
      ['cursor=bmExLjE&offset=0', '/cursor'],
      ['cursor=bmExLjE&sort=created_at', '/cursor'],
      ['status[]=NEW', '/status[]'],
      ['__proto__=1', '/__proto__'],
      ['toString=1', '/toString'],
      ['status=', '/status'],
      ['status=OPEN', '/status'],
      ['status=NEW,', '/status'],
      ['status=NEW&status=new', '/status'],
      ['source=me', '/source'],
      ['limit=0', '/limit'],
      ['limit=201', '/limit'],
      ['limit=-1', '/limit'],
      ['limit=ten', '/limit'],
      ['limit=1.5', '/limit'],
      ['limit=', '/limit'],
      ['limit=1&limit=2', '/limit'],
      [`limit=${'9'.repeat(400)}`, '/limit'],
      ['offset=-1', '/offset'],
      ['offset=10001', '/offset'],
      ['offset=%00', '/offset'],
      ['sort=id', '/sort'],
      ['sort=created_at&sort=created_at', '/sort'],
      ['created_from=yesterday', '/created_from'],
      ['created_from=2026-02-30', '/created_from'],
      ['created_from=2026-02-30T00:00:00Z', '/created_from'],
      ['created_from=2026-02-29T23:59:60%2B03:00', '/created_from'],
      ['created_from=2026-13-01', '/created_from'],
      ['created_from=2026-01-01T25:00:00Z', '/created_from'],
      ['created_from=2026-11-20T10:00:00', '/created_from'],
      ['created_from=2026-11-20T10:00:00+03:00', '/created_from'],
      ['created_to=1700000000', '/created_to'],
      ['created_to=', '/created_to'],
    ])('?%s is rejected with 400, which says where', async (query, pointer) => {
      const answer = await service.get(`${COLLECTION}?${query}`);
      expect(answer).toBeProblem('request.invalid');
      expect(pointersOf(answer)).toEqual([`query ${pointer}`]);
    });

    it.each([
      ['limit=-1', 'limit must not be less than 1'],
      ['limit=0', 'limit must not be less than 1'],
      ['limit=201', 'limit must not be greater than 200'],
      [`limit=${'9'.repeat(400)}`, 'limit must not be greater than 200'],
      ['limit=ten', 'limit must be an integer'],
      ['limit=1.5', 'limit must be an integer'],
      ['limit=1e400', 'limit must be an integer'],
      ['limit=', 'limit must be an integer'],
      ['limit=1&limit=2', 'limit must be an integer'],
      ['offset=-1', 'offset must not be less than 0'],
      ['offset=10001', 'offset must not be greater than 10000'],
    ])('?%s is rejected by the one rule that it violates', async (query, detail) => {
      const answer = await service.get(`${COLLECTION}?${query}`);
      expect(answer.body.detail).toBe(`${detail}.`);
    });

    it('with several errors is rejected with all of them', async () => {
      const answer = await service.get(`${COLLECTION}?limit=0&offset=-1&sort=id&created_from=x&status=a`);
      expect(pointersOf(answer).toSorted()).toEqual(
        ['created_from', 'limit', 'offset', 'sort', 'status'].map((name) => `query /${name}`),
      );
    });

    it.each(['after=-1', 'after=a', 'after=2147483648', 'limit=0', 'limit=201', 'offset=1'])(
      'of a history with ?%s is rejected with 400',
      async (query) => {
        expect(await service.get(`${COLLECTION}/${id}/events?${query}`)).toBeProblem('request.invalid');
      },
    );

    it.each([
      ['GET', '/api/v1/incidents/1'],
      ['POST', '/api/v1/incidents'],
      ['PATCH', '/api/v1/incidents/1'],
      ['GET', '/metrics'],
      ['GET', '/api/v1/keys'],
    ])('of a route without parameters is rejected with 400: %s %s', async (method, path) => {
      const answer = await service.request(method, `${path}?a~b=1&c=2`, {
        ...(method !== 'GET' && { json: { description: 'a', source: 'operator' } }),
      });
      expect(answer).toBeProblem('request.invalid');
      expect(pointersOf(answer)).toEqual(['query /a~0b', 'query /c']);
    });

    it('of a health check may have any parameter, to bypass caches', async () => {
      expect((await service.get('/health?1732147200')).status).toBe(200);
    });

    it('with an unknown parameter after a thousand valid ones is rejected with 400', async () => {
      const many = 'status=NEW&'.repeat(1_000);
      expect(await service.get(`${COLLECTION}?${many}x=1`)).toBeProblem('request.invalid');
    });

    it('with invalid UTF-8 is rejected with 400', async () => {
      expect(await service.get(`${COLLECTION}?status=%ff`)).toBeProblem('request.invalid');
    });
  });
});
