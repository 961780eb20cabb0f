import { join } from 'node:path';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { killLeftovers, type Run, run } from '../../support/processes.js';
import { aKeyPair, signed } from '../../support/signed-requests.js';
import { until } from '../../support/until.js';

const MINUTE_MS = 60_000;
const HEADERS = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };

describe('api processes whose clocks are ten minutes apart', () => {
  let database: TestDatabase;
  let processes: readonly Run[];
  let urls: readonly string[];

  const startAt = (shiftMs: number) =>
    run('api', {
      DATABASE_URL: database.url,
      NODE_OPTIONS: `--import=${join(process.cwd(), 'test/support/shift-clock.mjs')}`,
      CLOCK_SHIFT_MS: String(shiftMs),
    });
  const request = async (url: string, method: string, path: string, body?: object) => {
    const init = { method, headers: HEADERS, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(`${url}/api/v1${path}`, init);
    expect(response.ok).toBe(true);
    return { body: (await response.json()) as any };
  };
  const report = async (url: string, description: string) =>
    (await request(url, 'POST', '/incidents', { description, source: 'operator' })).body;

  beforeAll(async () => {
    database = await aDatabase();
    processes = [startAt(-5 * MINUTE_MS), startAt(5 * MINUTE_MS)];
    urls = await Promise.all(processes.map((each) => each.ready()));
  });
  afterAll(async () => {
    await killLeftovers();
    await database.drop();
  });

  it('say so, and store the time of the database', async () => {
    await until(() => processes[0]!.output().includes('300.0 s behind that of the database'));
    await until(() => processes[1]!.output().includes('300.0 s ahead of that of the database'));
    for (const url of urls) {
      const { created_at } = await report(url, 'Касса не отвечает');
      expect(Math.abs(Date.parse(created_at) - Date.now())).toBeLessThan(MINUTE_MS);
    }
  });

  it('give reports times in their order, but for a fraction of a second', async () => {
    const times: number[] = [];
    for (let n = 0; n < 6; n++)
      times.push(Date.parse((await report(urls[n % 2]!, `Самокат ${n}`)).created_at));
    for (const [n, time] of times.entries()) expect(time).toBeGreaterThan((times[n - 1] ?? 0) - 500);
  });

  it('remind once, and not before it is due', async () => {
    await request(urls[0]!, 'PUT', '/policies/partner', { take_within: '3s' });
    const reports = await Promise.all(
      urls.map((url) => request(url, 'POST', '/incidents', { description: 'Отчёт пуст', source: 'partner' })),
    );
    for (const { body: incident } of reports) {
      const history = async () => (await request(urls[0]!, 'GET', `/incidents/${incident.id}/events`)).body;
      await until(async () => (await history()).length > 1);
      const [reported, ...reminders] = await history();
      const waitedMs = Date.parse(reminders[0].at) - Date.parse(reported.at);
      expect(waitedMs).toBeGreaterThanOrEqual(3_000);
      expect(reminders).toMatchObject([{ type: 'reminded', purpose: 'take' }]);
    }
  });

  it('accept a signature of now', async () => {
    const { base64, privateKey } = aKeyPair();
    const { body: key } = await request(urls[0]!, 'POST', '/keys', {
      name: 'signer',
      role: 'operator',
      public_key: base64,
    });
    for (const each of urls) {
      const url = `${each}/api/v1/incidents`;
      expect((await fetch(url, signed({ id: key.id, privateKey }, { url }))).status).toBe(200);
    }
  });
});
