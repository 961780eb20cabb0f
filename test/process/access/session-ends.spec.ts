import { Retention } from '../../../src/infrastructure/postgres/schema/retention.js';
import { anAccessKey } from '../../support/access-keys.js';
import { Browser } from '../../support/cookie-client.js';
import { pause } from '../../support/pause.js';
import { type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const TRUSTING = { TRUSTED_PROXIES: '127.0.0.1' };

/** How long a process may accept a session after its end. */
const MAX_AGE_MS = 5_000;

/** Blocks the event loop of this process, which is also that of the service. */
function blockEventLoop(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

describe('a session ends', () => {
  let service: Service;

  beforeAll(async () => (service = await startService({ environment: TRUSTING })));
  afterAll(() => service.stop());

  const aKey = (json?: object) => anAccessKey(service, json);
  const signedIn = (accessKey: string) => Browser.signedIn(service.url, accessKey);
  const sessionsOf = async (keyId: number) =>
    service.database.query<{ last_used_at: Date }>('SELECT * FROM sessions WHERE key_id = $1 ORDER BY id', [
      keyId,
    ]);

  it('when the person signs out, and no other session of the key', async () => {
    const { secret } = await aKey();
    const [browser, other] = [await signedIn(secret), await signedIn(secret)];
    const { cookie } = browser;
    const { status, headers } = await browser.request('DELETE', '/api/v1/session');
    expect(status).toBe(204);
    expect(headers.getSetCookie()).toHaveLength(2);
    expect(browser.cookie).toBeUndefined();
    browser.cookie = cookie;
    await until(async () => (await browser.status()) === 401, { timeoutMs: MAX_AGE_MS });
    expect(await other.status()).toBe(200);
    // A key has no session to end.
    expect((await service.request('DELETE', '/api/v1/session')).status).toBe(204);
    expect(await other.status()).toBe(200);
  });

  it('when the same browser signs in again', async () => {
    const [first, second] = [await aKey(), await aKey()];
    const browser = await signedIn(first.secret);
    const { cookie } = browser;
    await browser.signIn(second.secret);
    expect((await browser.get('/api/v1/session')).body.name).toBe(second.name);
    expect(await sessionsOf(first.id)).toEqual([]);
    browser.cookie = cookie;
    await until(async () => (await browser.status()) === 401, { timeoutMs: MAX_AGE_MS });
    // An attempt that fails ends nothing.
    const again = await signedIn(first.secret);
    await again.signIn('wrong');
    expect(await again.status()).toBe(200);
  });

  it('when an administrator ends all sessions of the key', async () => {
    const { id, secret } = await aKey();
    const browsers = [await signedIn(secret), await signedIn(secret)];
    for (const browser of browsers) expect(await browser.status()).toBe(200);
    const path = `/api/v1/keys/${id}/sessions`;
    expect(await browsers[0]!.request('DELETE', path)).toBeProblem('request.forbidden');
    expect((await service.request('DELETE', path)).status).toBe(204);
    const haveEnded = async () =>
      (await Promise.all(browsers.map((browser) => browser.status()))).every((status) => status === 401);
    await until(haveEnded, { timeoutMs: MAX_AGE_MS });
    expect((await service.get('/api/v1/session', { 'X-Access-Key': secret })).status).toBe(200);
    expect(await (await signedIn(secret)).status()).toBe(200);
    for (const unknown of ['999999', '99999999999999999999'])
      expect(await service.request('DELETE', `/api/v1/keys/${unknown}/sessions`)).toBeProblem(
        'access-key.not-found',
      );
  });

  it('in every process within 5 s after the key is revoked', async () => {
    const other = await startService({ on: service.database.service, environment: TRUSTING });
    try {
      const { id, secret } = await aKey();
      const here = await signedIn(secret);
      const there = new Browser(other.url);
      there.cookie = here.cookie;
      expect([await here.status(), await there.status()]).toEqual([200, 200]);
      await service.request('POST', `/api/v1/keys/${id}/revoke`);
      const haveEnded = async () => (await here.status()) === 401 && (await there.status()) === 401;
      await until(haveEnded, { timeoutMs: MAX_AGE_MS });
    } finally {
      await other.stop();
    }
  });

  it('for a request that waited behind 5 s of other work', async () => {
    const { id, secret } = await aKey();
    const browser = await signedIn(secret);
    expect(await browser.status()).toBe(200);
    await service.database.query('DELETE FROM sessions WHERE key_id = $1', [id]);
    const answer = browser.status();
    blockEventLoop(MAX_AGE_MS + 100);
    expect(await answer).toBe(401);
  });

  it('when the key expires', async () => {
    const { id, secret } = await aKey({ expires_at: new Date(Date.now() + 86_400_000).toISOString() });
    const browser = await signedIn(secret);
    const { body } = await browser.get('/api/v1/session');
    expect(Date.parse(body.expires_at) - Date.now()).toBeLessThanOrEqual(86_400_000);
    await service.database.query(
      `UPDATE access_keys SET created_at = now() - interval '2 s', expires_at = now() - interval '1 s' WHERE id = $1`,
      [id],
    );
    await until(async () => (await browser.status()) === 401, { timeoutMs: MAX_AGE_MS });
  });

  it.each([
    ['12 hours after its last use', `last_used_at = now() - interval '12 h'`],
    ['30 days after it began', `started_at = now() - interval '30 d'`],
  ])('%s', async (_, change) => {
    const { id, secret } = await aKey();
    const browser = await signedIn(secret);
    await service.database.query(`UPDATE sessions SET ${change} WHERE key_id = $1`, [id]);
    expect(await browser.status()).toBe(401);
    expect(await service.app.get(Retention).deleteExpired()).toBe(1);
    expect(await sessionsOf(id)).toEqual([]);
  });

  it('not while it is used: the last use is stored', async () => {
    const { id, secret } = await aKey();
    const browser = await signedIn(secret);
    await service.database.query(
      `UPDATE sessions SET last_used_at = now() - interval '11 h 59 min' WHERE key_id = $1`,
      [id],
    );
    expect(await browser.status()).toBe(200);
    const isStored = async () => {
      const [row] = await service.database.query<{ recent: boolean }>(
        `SELECT last_used_at > now() - interval '1 min' AS recent FROM sessions WHERE key_id = $1`,
        [id],
      );
      return row!.recent;
    };
    await until(isStored, { timeoutMs: 10_000 });
    expect(await service.app.get(Retention).deleteExpired()).toBe(0);
  });

  it('when a 101st session of the key begins, if it was idle for longest', async () => {
    const { id, secret } = await aKey();
    const first = await signedIn(secret);
    await service.database.query(
      `INSERT INTO sessions (digest, key_id, started_at, last_used_at)
       SELECT sha256(('session ' || n)::bytea), $1, now() - interval '1 h', now() - n * interval '1 s' FROM generate_series(1, 99) AS n`,
      [id],
    );
    await signedIn(secret);
    const sessions = await sessionsOf(id);
    expect(sessions).toHaveLength(100);
    const [oldest] = await service.database.query(`SELECT FROM sessions WHERE digest = sha256('session 99')`);
    expect(oldest).toBeUndefined();
    expect(await first.status()).toBe(200);
  });

  describe('for a page that waits for events', () => {
    /** Opens a stream; `ended` resolves when the service ends it. */
    const stream = async ({ cookie }: Browser, { url } = service) => {
      const response = await fetch(`${url}/api/v1/events/stream`, { headers: { Cookie: cookie! } });
      expect(response.status).toBe(200);
      return { ended: response.text().catch(() => undefined) };
    };

    it.each(['the person signs out', 'the key is revoked'])('within 5 s when %s', async (how) => {
      const { id, secret } = await aKey();
      const [browser, other] = [await signedIn(secret), await signedIn((await aKey()).secret)];
      const { cookie } = browser;
      const [ours, others] = [await stream(browser), await stream(other)];
      const poll = browser.get('/api/v1/events?after=latest&wait=4');
      if (how === 'the person signs out') await browser.request('DELETE', '/api/v1/session');
      else await service.request('POST', `/api/v1/keys/${id}/revoke`);
      const began = performance.now();
      await ours.ended;
      expect(performance.now() - began).toBeLessThan(MAX_AGE_MS);
      expect(await poll).toBeProblem('request.unauthorized');
      browser.cookie = cookie;
      expect(await browser.status()).toBe(401);
      const left = await Promise.race([others.ended.then(() => 'ended'), other.status()]);
      expect(left).toBe(200);
    });

    it('not while it waits: that is a use', async () => {
      const { id, secret } = await aKey();
      const browser = await signedIn(secret);
      const other = await startService({ on: service.database.service });
      const makeIdle = () =>
        service.database.query(
          `UPDATE sessions SET last_used_at = now() - interval '1 h' WHERE key_id = $1`,
          [id],
        );
      const isRecent = async () => {
        const [session] = await sessionsOf(id);
        return Date.now() - session!.last_used_at.getTime() < 60_000;
      };
      try {
        await makeIdle();
        await stream(browser, other);
        await until(isRecent, { timeoutMs: 10_000 });
        await makeIdle();
        await pause(2_500, 'an idle stream checks its session every 2 s');
      } finally {
        // It stores what it has not stored yet.
        await other.stop();
      }
      expect(await isRecent()).toBe(true);
    });
  });
});
