import { Browser } from '../../support/cookie-client.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { pause } from '../../support/pause.js';
import { killLeftovers, run } from '../../support/processes.js';
import { until } from '../../support/until.js';

const KEY = 'a-key-that-only-tests-know';
const MAX_AGE_MS = 5_000;

describe('two api processes', () => {
  let database: TestDatabase;
  beforeAll(async () => (database = await aDatabase()));
  afterAll(async () => {
    await killLeftovers();
    await database.drop();
  });

  const start = () => run('api', { DATABASE_URL: database.url, X_ACCESS_KEY: KEY });

  it('end the sessions and streams of a revoked key within 5 s, also one that was frozen, and log no secret', async () => {
    const processes = [start(), start()];
    const urls = await Promise.all(processes.map((api) => api.ready()));
    const admin = async (path: string, json?: object) => {
      const response = await fetch(`${urls[0]}/api/v1/keys${path}`, {
        method: 'POST',
        headers: { 'X-Access-Key': KEY, 'Content-Type': 'application/json' },
        body: json && JSON.stringify(json),
      });
      return (await response.json()) as { id: number; secret: string; token: string };
    };
    const { id, secret } = await admin('', { name: 'anna', role: 'operator' });
    const { token } = await admin(`/${id}/sign-in-tokens`);

    const first = await Browser.signedIn(urls[0]!, secret);
    const second = new Browser(urls[1]!);
    const { status } = await second.request('POST', '/api/v1/session', { json: { sign_in_token: token } });
    expect(status).toBe(204);
    // Each process knows the sessions that the other has opened.
    const browsers = [first, second].flatMap(({ cookie }) =>
      urls.map((url) => Object.assign(new Browser(url), { cookie })),
    );
    const statuses = () => Promise.all(browsers.map((browser) => browser.status()));
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    const streams = await Promise.all(
      urls.map((url) => fetch(`${url}/api/v1/events/stream`, { headers: { Cookie: first.cookie! } })),
    );
    expect(streams.map((stream) => stream.status)).toEqual([200, 200]);
    const ended = streams.map((stream) => stream.text().catch(() => undefined));

    processes[1]!.process.kill('SIGSTOP');
    await admin(`/${id}/revoke`);
    const began = performance.now();
    await ended[0];
    expect(performance.now() - began).toBeLessThan(MAX_AGE_MS);
    await until(async () => (await first.status()) === 401, { timeoutMs: MAX_AGE_MS });
    await pause(
      MAX_AGE_MS + 100 - (performance.now() - began),
      'a session may last for 5 s after the revocation',
    );
    const frozen = Object.assign(new Browser(urls[1]!), { cookie: first.cookie }).status();
    processes[1]!.process.kill('SIGCONT');
    expect(await frozen).toBe(401);
    await ended[1];
    expect(await statuses()).toEqual([401, 401, 401, 401]);

    expect(await Promise.all(processes.map((api) => api.end()))).toEqual([0, 0]);
    const output = processes.map((api) => api.output()).join('\n');
    expect(output).toContain('"route":"/api/v1/session"');
    const cookies = [first, second].map(({ cookie }) => cookie!.split('=')[1]!);
    for (const each of [KEY, secret, token, ...cookies]) expect(output).not.toContain(each);
  });
});
