import { anAccessKey } from '../../support/access-keys.js';
import { Browser } from '../../support/cookie-client.js';
import { fromElsewhere, KEY, type Service, startService } from '../../support/service.js';

const TRUSTING = { TRUSTED_PROXIES: '127.0.0.1' };

describe('a session', () => {
  let service: Service;

  beforeAll(async () => (service = await startService({ environment: TRUSTING })));
  afterAll(() => service.stop());

  const aKey = (json?: object) => anAccessKey(service, json);
  const aBrowser = (headers?: Record<string, string>, { url } = service) => new Browser(url, headers);
  const signedIn = (accessKey: string, { url } = service) => Browser.signedIn(url, accessKey);
  const report = { json: { description: 'a', source: 'operator' } };

  describe('of an access key', () => {
    it.each([
      ['reader', ['read', 'read-feed', 'read-attachments'], 200, 403],
      ['reporter', ['report', 'read-feed', 'read-attachments'], 403, 201],
      ['scraper', ['scrape'], 403, 403],
    ])('of the role %s may do what the key may', async (role, permissions, listed, reported) => {
      const { id, name, secret } = await aKey({ role });
      const browser = await signedIn(secret);
      const { body } = await browser.get('/api/v1/session');
      expect(body).toEqual({
        name,
        key_id: id,
        role,
        permissions,
        can_impersonate: false,
        expires_at: expect.any(String),
      });
      const days = (Date.parse(body.expires_at) - Date.now()) / 86_400_000;
      expect(days).toBeGreaterThan(29.9);
      expect(days).toBeLessThanOrEqual(30);
      expect((await browser.get('/api/v1/incidents')).status).toBe(listed);
      expect((await browser.request('POST', '/api/v1/incidents', report)).status).toBe(reported);
    });

    it('names the key in the history, and counts against its rate limit', async () => {
      const limited = await startService({
        on: service.database.service,
        environment: { ...TRUSTING, RATE_LIMIT: '5' },
      });
      try {
        const { id, name, secret } = await aKey();
        const browser = await signedIn(secret, limited);
        const answer = await browser.request('POST', '/api/v1/incidents', report);
        expect(answer.headers.get('ratelimit')).toMatch(/^"key";r=3;/);
        const events = await service.get(`/api/v1/incidents/${answer.body.id}/events`);
        expect(events.body[0]).toMatchObject({ actor: name, access_key: name, access_key_id: id });
        for (let n = 0; n < 3; n++) await browser.get('/api/v1/session');
        expect(await browser.get('/api/v1/session')).toBeProblem('request.rate-limited');
        // Another sign-in does not get around the limit.
        expect(await aBrowser(undefined, limited).signIn(secret)).toBeProblem('request.rate-limited');
      } finally {
        await limited.stop();
      }
    });

    it('does not answer for a key in the headers: that key takes precedence', async () => {
      const [first, second] = [await aKey(), await aKey({ role: 'reader' })];
      const browser = await signedIn(first.secret);
      const { body } = await browser.get('/api/v1/session', { 'X-Access-Key': second.secret });
      expect(body).toMatchObject({ name: second.name, role: 'reader', expires_at: null });
      expect(await browser.get('/api/v1/session', { 'X-Access-Key': 'wrong' })).toBeProblem(
        'request.unauthorized',
      );
      // Basic is the proxy's, and no key.
      expect((await browser.get('/api/v1/session', { Authorization: 'Basic YTpi' })).body.name).toBe(
        first.name,
      );
    });

    it('is not possible with a wrong key, and too many attempts are stopped', async () => {
      const { secret } = await aKey();
      const here = new Browser(service.url, fromElsewhere());
      const attempt = () => here.signIn(`${secret.slice(0, -4)}AAAA`);
      for (let n = 0; n < 20; n++) expect(await attempt()).toBeProblem('request.unauthorized');
      expect(await attempt()).toBeProblem('request.rate-limited');
      expect(here.cookie).toBeUndefined();
      expect((await here.signIn(secret)).status).toBe(204);
    });

    it('is asked for by every page that opens, which is no attempt', async () => {
      const here = new Browser(service.url, fromElsewhere());
      for (let n = 0; n < 25; n++)
        expect(await here.get('/api/v1/session')).toBeProblem('request.unauthorized');
      expect(await here.signIn('wrong')).toBeProblem('request.unauthorized');
    });

    it.each<[string, unknown]>([
      ['an unknown member', { access_key: KEY, remember: true }],
      ['both', { access_key: KEY, sign_in_token: 'a' }],
      ['neither', {}],
      ['null', { access_key: null }],
      ['a number', { access_key: 7 }],
      ['an empty key', { access_key: '' }],
      ['a key with a space', { access_key: 'a b' }],
      ['a key that is too long', { access_key: 'a'.repeat(257) }],
      ['a list', [KEY]],
    ])('is not possible with %s', async (_, json) => {
      const answer = await aBrowser().request('POST', '/api/v1/session', { json });
      expect(answer).toBeProblem('request.invalid');
      expect(answer.text).not.toContain(KEY);
    });

    it('is not possible with a form, broken JSON or an idempotency key', async () => {
      const send = (type: string, body: string, headers = {}) =>
        aBrowser().request('POST', '/api/v1/session', {
          body,
          headers: { 'Content-Type': type, ...headers },
        });
      const valid = JSON.stringify({ access_key: KEY });
      expect(await send('application/x-www-form-urlencoded', `access_key=${KEY}`)).toBeProblem(
        'request.unsupported-media-type',
      );
      expect(await send('text/plain', valid)).toBeProblem('request.unsupported-media-type');
      expect(await send('application/json', `${valid}}`)).toBeProblem('request.malformed-body');
      expect(await send('application/json', valid, { 'Idempotency-Key': 'a' })).toBeProblem(
        'request.invalid',
      );
    });
  });

  describe('has a cookie', () => {
    const cookieOf = async (headers: Record<string, string>) => {
      const { headers: answered } = await aBrowser(headers).signIn(KEY);
      const [cookie, ...others] = answered.getSetCookie();
      expect(others).toEqual([]);
      return cookie!.replace(/=[\w-]{43};/, '=TOKEN;').replace(/Expires=[^;]+; /, '');
    };
    const ATTRIBUTES = 'Max-Age=2592000; Path=/; HttpOnly;';

    it('that no script can read, and that no other site can send', async () => {
      expect(await cookieOf({})).toBe(`incidents_session=TOKEN; ${ATTRIBUTES} SameSite=Strict`);
    });

    it.each([
      ['a trusted proxy', { 'X-Forwarded-Proto': 'https' }],
      ['the browser', { Origin: 'https://a.example' }],
    ])('that is bound to TLS and this host, if %s says that there is TLS', async (_, headers) => {
      const cookie = `__Host-incidents_session=TOKEN; ${ATTRIBUTES} Secure; SameSite=Strict`;
      expect(await cookieOf(headers)).toBe(cookie);
    });

    it('that authenticates over TLS only if it was set over TLS', async () => {
      const { secret } = await aKey();
      const browser = await signedIn(secret);
      const tls = { 'X-Forwarded-Proto': 'https' };
      expect((await browser.get('/api/v1/session', tls)).status).toBe(401);
      const secure = aBrowser(tls);
      await secure.signIn(secret);
      expect(await secure.status()).toBe(200);
      // The proxy between need not say that there is TLS.
      expect((await secure.get('/api/v1/session', { 'X-Forwarded-Proto': 'http' })).status).toBe(200);
    });

    it('of which the service stores a digest only', async () => {
      const { id, secret } = await aKey();
      const browser = await signedIn(secret);
      const token = browser.cookie!.split('=')[1]!;
      const [row] = await service.database.query<{ row: string }>(
        'SELECT sessions::text AS row FROM sessions WHERE key_id = $1',
        [id],
      );
      expect(row!.row).not.toContain(token);
      expect(row!.row).not.toContain(Buffer.from(token).toString('hex'));
    });

    it('of which other values are rejected', async () => {
      const browser = aBrowser();
      for (const cookie of [
        'a=b',
        'incidents_session=',
        `incidents_session=${'a'.repeat(43)}`,
        'incidents_session',
      ])
        expect((await browser.get('/api/v1/session', { Cookie: cookie })).status).toBe(401);
      const { secret } = await aKey();
      const other = await signedIn(secret);
      for (const cookie of [`a=b; ${other.cookie}; c=d`, `${other.cookie};c=d`])
        expect((await browser.get('/api/v1/session', { Cookie: cookie })).status).toBe(200);
      for (const cookie of [`x${other.cookie}`, `${other.cookie}a`, `a=${other.cookie}`])
        expect((await browser.get('/api/v1/session', { Cookie: cookie })).status).toBe(401);
    });
  });

  describe('of the key in X_ACCESS_KEY', () => {
    it('is that of the administrator, and ends when the key changes', async () => {
      const browser = await signedIn(KEY);
      expect((await browser.get('/api/v1/session')).body).toMatchObject({
        name: 'admin',
        key_id: null,
        role: 'admin',
        can_impersonate: true,
      });
      const [same, changed] = [
        await startService({ on: service.database.service, environment: TRUSTING }),
        await startService({
          on: service.database.service,
          environment: { ...TRUSTING, X_ACCESS_KEY: 'another-key-of-the-environment' },
        }),
      ];
      try {
        const at = (other: Service) => {
          const copy = aBrowser(undefined, other);
          copy.cookie = browser.cookie;
          return copy.status();
        };
        expect([await at(same), await at(changed)]).toEqual([200, 401]);
      } finally {
        await Promise.all([same.stop(), changed.stop()]);
      }
    });
  });

  describe('changes something', () => {
    it('only for pages of this host', async () => {
      const { secret } = await aKey();
      const { cookie } = await signedIn(secret);
      const send = (headers: Record<string, string>) => {
        const browser = aBrowser({});
        browser.cookie = cookie;
        return browser.request('POST', '/api/v1/incidents', { ...report, headers });
      };
      const { host } = new URL(service.url);
      const foreign: Record<string, string>[] = [
        {},
        { 'Sec-Fetch-Site': 'cross-site' },
        { 'Sec-Fetch-Site': 'same-site' },
        { 'Sec-Fetch-Site': 'none' },
        { Origin: 'http://b.example' },
        { Origin: 'null' },
        { Origin: `http://${host}`, 'X-Forwarded-Host': 'a.example' },
      ];
      for (const headers of foreign) expect(await send(headers)).toBeProblem('request.cross-origin');
      const own: Record<string, string>[] = [
        { 'Sec-Fetch-Site': 'same-origin' },
        { Origin: `http://${host}` },
        { Origin: 'https://a.example', 'X-Forwarded-Host': 'a.example' },
      ];
      for (const headers of own) expect((await send(headers)).status).toBe(201);
      // No page can send this header to another host.
      expect((await send({ 'Sec-Fetch-Site': 'cross-site', 'X-Access-Key': secret })).status).toBe(201);
    });

    it('and reads for links of other sites too', async () => {
      const { secret } = await aKey();
      const browser = await signedIn(secret);
      for (const method of ['GET', 'HEAD']) {
        const headers = { 'Sec-Fetch-Site': 'cross-site' };
        expect((await browser.request(method, '/api/v1/session', { headers })).status).toBe(200);
      }
    });
  });
});

describe('the page for signing in', () => {
  it.each([
    ['development', { NODE_ENV: 'development', X_ACCESS_KEY: 'key' }, 'key'],
    [
      'development with another key',
      { NODE_ENV: 'development', X_ACCESS_KEY: 'a-key-of-16-characters' },
      null,
    ],
    ['production', { NODE_ENV: 'production', X_ACCESS_KEY: 'a-key-of-16-characters' }, null],
  ])('gets the development key in %s only if that is the key', async (_, environment, expected) => {
    const service = await startService({ environment });
    try {
      const { status, body } = await new Browser(service.url).get('/api/v1/session/options');
      expect({ status, body }).toEqual({ status: 200, body: { development_key: expected } });
    } finally {
      await service.stop();
    }
  });
});
