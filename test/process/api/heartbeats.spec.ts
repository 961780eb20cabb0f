import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { pause } from '../../support/pause.js';
import { killLeftovers, run } from '../../support/processes.js';
import { until } from '../../support/until.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };

describe('heartbeats of a service that stops and starts', () => {
  let database: TestDatabase;
  beforeEach(async () => (database = await aDatabase()));
  afterEach(async () => {
    await killLeftovers();
    await database.drop();
  });

  const incidents = () =>
    database.query<{ status: string; at: Date }>(
      'SELECT status, created_at AS at FROM incidents ORDER BY id',
    );

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'make no incident for the time after %s, and one when a ping is missing later',
    async (signal) => {
      const environment = { DATABASE_URL: database.url, API_PROCESSES: '2' };
      const first = run('api', environment);
      const url = await first.ready();
      const stored = await fetch(`${url}/api/v1/heartbeats/job`, {
        method: 'PUT',
        headers,
        body: JSON.stringify({ every: '2s', grace: '2s' }),
      });
      const { ping_url: pingUrl } = (await stored.json()) as { ping_url: string };
      const path = new URL(pingUrl).pathname;
      expect((await fetch(url + path)).status).toBe(200);
      await first.end(signal);
      if (signal === 'SIGKILL') await killLeftovers();
      await pause(6_000, 'the service is down for longer than the interval and the grace');

      const next = run('api', environment);
      const again = await next.ready();
      const readyAt = new Date();
      // A ping that comes in time after the start.
      expect((await fetch(again + path)).status).toBe(200);
      const [incident] = await until(async () => {
        const found = await incidents();
        return found.length > 0 && found;
      });
      expect(incident!.at.getTime() - readyAt.getTime()).toBeGreaterThanOrEqual(3_900);
      expect((await fetch(again + path)).status).toBe(200);
      await until(async () => (await incidents())[0]!.status === 'RESOLVED');
      expect(await incidents()).toHaveLength(1);
      await next.end();
    },
  );
});
