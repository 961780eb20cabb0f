import { aDatabase } from '../../support/databases.js';
import { killLeftovers, run } from '../../support/processes.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };

describe('the totals', () => {
  afterEach(killLeftovers);

  it('equal a count after concurrent reports and transitions by several processes', async () => {
    const database = await aDatabase();
    const processes = Array.from({ length: 3 }, () => run('api', { DATABASE_URL: database.url }));
    const urls = await Promise.all(processes.map((each) => each.ready()));
    const send = async (method: string, path: string, json: unknown) => {
      const url = urls[Math.floor(Math.random() * urls.length)]!;
      const response = await fetch(url + path, { method, headers, body: JSON.stringify(json) });
      return { status: response.status, body: (await response.json()) as { id: number } };
    };
    const sources = ['operator', 'monitoring', 'partner'];
    const moves = ['IN_PROGRESS', 'RESOLVED', 'IN_PROGRESS', 'RESOLVED', 'CLOSED'];
    const statuses = new Set<number>();

    await Promise.all(
      Array.from({ length: 300 }, async (_, n) => {
        const { status, body } = await send('POST', '/api/v1/incidents', {
          description: 'a',
          source: sources[n % 3],
        });
        statuses.add(status);
        // Some also change incidents of others, so that batches of several processes contend for the same rows.
        for (const move of moves.slice(0, n % 6)) {
          const ids = [body.id, Math.max(body.id - 1, 1)];
          for (const id of ids)
            statuses.add((await send('PATCH', `/api/v1/incidents/${id}/status`, { status: move })).status);
        }
      }),
    );
    // No deadlock and no other failure: late transitions are rejected as illegal.
    expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 201, 409]);

    const counted = await database.query(
      'SELECT status, source, count(*)::int AS count FROM incidents GROUP BY status, source ORDER BY status, source',
    );
    const kept = await database.query(
      `SELECT status, source, sum(count)::int AS count FROM incident_counts
       GROUP BY status, source HAVING sum(count) <> 0 ORDER BY status, source`,
    );
    expect(kept).toEqual(counted);
    expect(await database.query('SELECT count(*)::int AS count FROM incidents')).toEqual([{ count: 300 }]);
    const histories = await database.query(
      `SELECT id FROM incidents LEFT JOIN LATERAL (SELECT count(*) AS events, max(seq) AS last FROM incident_events
         WHERE incident_id = id) AS history ON true WHERE version <> events OR version <> last`,
    );
    expect(histories).toEqual([]);
    await database.drop();
  });
});
