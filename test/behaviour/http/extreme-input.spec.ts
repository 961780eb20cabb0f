import { request as send } from 'node:http';
import fc from 'fast-check';
import { type Service, startService } from '../../support/service.js';

const INCIDENTS = '/api/v1/incidents';
const QUARANTINE = '/api/v1/quarantine';
const KEYS = '/api/v1/keys';

const TIMESTAMPS = [
  '0000-01-01',
  '0000-12-31T23:59:59Z',
  '0001-01-01T00:00:00+23:59',
  '0001-01-01T00:00:00+00:01',
  '9999-12-31T22:00:00-11:00',
  '9999-12-31T23:59:59.999-00:01',
  '9999-12-31T24:00:00Z',
  '10000-01-01',
  '+010000-01-01T00:00:00Z',
  '-000001-01-01T00:00:00Z',
  '2026-11-20T23:59:60Z',
];
const NUMBERS = [
  '-0',
  '-1',
  '1e400',
  '0x10',
  '9007199254740991',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '9'.repeat(400),
  'NaN',
  'Infinity',
  '1.5',
];
const TEXTS = ['\0', 'a\0b', '\u{10FFFF}\u{10FFFF}\u{10FFFF}', '\uFFFD', '%', '\\', "'", 'a'.repeat(5_000)];

const cursor = (text: string) => Buffer.from(text).toString('base64url');
const CURSORS = [
  'na8640000000000000.1',
  'na-8640000000000000.1',
  'nb-8640000000000000.1',
  'oa-210866803200001.1',
  'na-62135596800001.1',
  'na253402300800000.1',
  'na0.9999999999999998',
  'na0.9007199254740993',
  'na0.0',
  'nb9999999999999999.9999999999999999',
  'na-0.1',
  'na00.1',
  'xx1.1',
  '',
].map(cursor);

describe('the service, given input at and beyond its limits', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
    await service.report();
  });
  afterAll(() => service.stop());

  const BAD = { timestamps: TIMESTAMPS, numbers: NUMBERS, texts: TEXTS, cursors: CURSORS };
  const parameters: [string, (keyof typeof BAD)[]][] = [
    [`${INCIDENTS}?created_from=`, ['timestamps', 'numbers', 'texts']],
    [`${INCIDENTS}?created_to=`, ['timestamps', 'numbers', 'texts']],
    [`${INCIDENTS}?cursor=`, ['cursors', 'numbers', 'texts']],
    [`${INCIDENTS}?sort=created_at&cursor=`, ['cursors']],
    [`${INCIDENTS}?limit=`, ['numbers', 'texts']],
    [`${INCIDENTS}?offset=`, ['numbers', 'texts']],
    [`${INCIDENTS}?q=`, ['texts', 'numbers']],
    [`${INCIDENTS}?dedup_key=`, ['texts', 'numbers']],
    [`${INCIDENTS}?status=`, ['texts']],
    [`${INCIDENTS}?source=`, ['texts']],
    [`${INCIDENTS}/1/events?after=`, ['numbers', 'texts']],
    [`${INCIDENTS}/1/events?limit=`, ['numbers', 'texts']],
    [`${QUARANTINE}?after=`, ['numbers', 'texts']],
    [`${QUARANTINE}?limit=`, ['numbers', 'texts']],
    [`${QUARANTINE}?state=`, ['texts']],
    [`${QUARANTINE}?channel=`, ['texts']],
    [`${INCIDENTS}/by-idempotency-key/a?channel=`, ['texts']],
    [`${INCIDENTS}/by-idempotency-key/`, ['texts', 'numbers']],
    [`${INCIDENTS}/`, ['numbers', 'texts']],
    [`${KEYS}/`, ['numbers', 'texts']],
  ];

  it.each(parameters)('never answers 500 to parameters of %s', async (path, kinds) => {
    for (const value of kinds.flatMap((kind) => BAD[kind])) {
      const answer = await service.get(path + encodeURIComponent(value));
      expect({ path, value, is500: answer.status >= 500 }).toEqual({ path, value, is500: false });
    }
  });

  const posts: [string, string][] = [
    ['POST', `${QUARANTINE}/ID/retry`],
    ['POST', `${QUARANTINE}/ID/dismiss`],
    ['GET', `${QUARANTINE}/ID/payload`],
    ['POST', `${KEYS}/ID/rotate`],
    ['POST', `${KEYS}/ID/revoke`],
    ['GET', `${INCIDENTS}/ID/events`],
    ['PATCH', `${INCIDENTS}/ID`],
    ['PATCH', `${INCIDENTS}/ID/status`],
  ];

  it.each(posts)('never answers 500 to the id of %s %s', async (method, path) => {
    for (const value of [...NUMBERS, ...TEXTS]) {
      const to = path.replace('ID', encodeURIComponent(value));
      const answer = await service.request(method, to, {
        ...(method === 'PATCH' && { json: { status: 'IN_PROGRESS' } }),
      });
      expect({ to, is500: answer.status >= 500 }).toEqual({ to, is500: false });
    }
  });

  it.each(TIMESTAMPS)('rejects the timestamp %s', async (timestamp) => {
    for (const name of ['created_from', 'created_to']) {
      const answer = await service.get(`${INCIDENTS}?${name}=${encodeURIComponent(timestamp)}`);
      expect(answer).toBeProblem('request.invalid');
      expect(answer.body.errors[0].pointer).toBe(`/${name}`);
    }
    const key = { name: `k${Math.random()}`.replace('.', ''), role: 'reader', expires_at: timestamp };
    expect(await service.request('POST', KEYS, { json: key })).toBeProblem('request.invalid');
  });

  it.each(['9999-12-31', '9999-12-31T23:59:59Z', '9999-12-31T13:59:59-09:59'])(
    'accepts the timestamp %s, and returns it',
    async (expires_at) => {
      const name = `k${Math.random()}`.replace('.', '');
      const made = await service.request('POST', KEYS, { json: { name, role: 'reader', expires_at } });
      expect(made.status).toBe(201);
      expect(made.body.expires_at).toMatch(/^9999-12-31T\d\d:\d\d:\d\d\.000Z$/);
    },
  );

  it.each(['0001-01-01', '9999-12-31T23:59:59.999Z'])('accepts %s as created_from', async (timestamp) => {
    expect((await service.get(`${INCIDENTS}?created_from=${timestamp}`)).status).toBe(200);
  });

  it.each(CURSORS)('rejects the cursor %s', async (text) => {
    expect(await service.get(`${INCIDENTS}?cursor=${text}`)).toBeProblem('request.invalid');
  });

  it('accepts or rejects generated cursors', async () => {
    const number = fc.oneof(
      fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
      fc.bigInt({ min: -9n * 10n ** 15n, max: 9n * 10n ** 15n }),
    );
    const text = fc
      .tuple(fc.constantFrom('n', 'o'), fc.constantFrom('a', 'b'), number, number)
      .map(([order, side, time, id]) => ({
        sort: order === 'n' ? '-created_at' : 'created_at',
        text: cursor(`${order}${side}${time}.${id}`),
      }));
    await fc.assert(
      fc.asyncProperty(text, async ({ sort, text: given }) => {
        const { status } = await service.get(`${INCIDENTS}?sort=${sort}&cursor=${given}`);
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 300 },
    );
  });

  it.each(['1e400', '-0', '1e-400', '123456789012345678901234567890', '"\\ud800"', '"\\u0000"', '{}', '[]'])(
    'rejects the JSON value %s as a text and as a timestamp',
    async (json) => {
      const of = (name: string, others: string) => `{"${name}":${json}${others}}`;
      for (const [method, path, body] of [
        ['POST', INCIDENTS, of('description', ',"source":"operator"')],
        ['POST', INCIDENTS, of('source', ',"description":"a"')],
        ['POST', INCIDENTS, of('dedup_key', ',"description":"a","source":"operator"')],
        ['PATCH', `${INCIDENTS}/1`, of('status', '')],
        ['PATCH', `${INCIDENTS}/1`, of('description_append', '')],
        ['POST', KEYS, of('name', ',"role":"reader"')],
        ['POST', KEYS, of('role', ',"name":"x"')],
        ['POST', KEYS, of('can_impersonate', ',"name":"x","role":"reader"')],
        ['POST', KEYS, of('expires_at', ',"name":"x","role":"reader"')],
      ] as const) {
        const headers = { 'Content-Type': 'application/json' };
        expect(await service.request(method, path, { body, headers })).toBeProblem('request.invalid');
      }
    },
  );

  it('never answers 500 to generated headers', async () => {
    const names =
      'If-Match If-None-Match Idempotency-Key X-Idempotency-Key X-Actor X-Channel X-Request-Id Accept Accept-Encoding Range ' +
      'If-Modified-Since Content-Type X-Forwarded-For Authorization Cookie X-API-Key Content-Encoding Expect Host';
    const value = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, 'é')),
      fc.constantFrom(
        '*',
        '"1-1"',
        'W/"1-1"',
        '"',
        '%',
        '%00',
        '%ED%A0%80',
        '%FF',
        '*, *',
        `"${'9'.repeat(400)}-1"`,
      ),
    );
    const headers = fc
      .array(fc.tuple(fc.constantFrom(...names.split(' ')), value), { maxLength: 3 })
      .map((pairs) => Object.fromEntries(pairs) as Record<string, string>);
    const operation = fc.constantFrom<[string, string, string?]>(
      ['GET', INCIDENTS],
      ['GET', `${INCIDENTS}/1`],
      ['GET', `${INCIDENTS}/1/events`],
      ['POST', INCIDENTS, '{"description":"a","source":"operator"}'],
      ['PATCH', `${INCIDENTS}/1`, '{"description_append":"a"}'],
      ['POST', KEYS, '{}'],
      ['GET', QUARANTINE],
    );
    await fc.assert(
      fc.asyncProperty(operation, headers, async ([method, path, body], given) => {
        const status = await statusOf(method, path, given, body);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 500 },
    );
  });

  /** Uses Node's own client: fetch does not send all of these headers. */
  function statusOf(method: string, path: string, given: Record<string, string>, body = ''): Promise<number> {
    const headers = {
      'X-Access-Key': 'a-key-that-only-tests-know',
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      ...given,
    };
    return new Promise((resolve, reject) => {
      const request = send(service.url + path, { method, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode!));
      });
      request.on('error', reject);
      request.end(body);
    });
  }
});
