import { aDatabase } from './databases.js';
import { run } from './processes.js';

/**
 * Sends reports and changes with `keys` idempotency keys, each `sends` times concurrently to three processes, and expects one
 * incident and one appended text per key.
 */
export async function expectOnceForEachKey(keys: number, sends: number): Promise<void> {
  const database = await aDatabase();
  const processes = Array.from({ length: 3 }, () => run('api', { DATABASE_URL: database.url }));
  const urls = await Promise.all(processes.map((each) => each.ready()));
  const statuses = new Map<string, number>();
  const send = async (url: string, method: string, path: string, key: string, json: object) => {
    const response = await fetch(url + path, {
      method,
      headers: { 'X-Access-Key': 'key', 'Content-Type': 'application/json', 'Idempotency-Key': key },
      body: JSON.stringify(json),
    });
    const replayed = response.headers.has('idempotency-replayed') ? ' replayed' : '';
    const kind = `${method} ${response.status}${replayed}`;
    statuses.set(kind, (statuses.get(kind) ?? 0) + 1);
    return { status: response.status, body: (await response.json()) as { id: number } };
  };

  let next = 0;
  const work = async (): Promise<void> => {
    for (let n = next++; n < keys; n = next++) {
      const many = (method: string, path: string, json: object) =>
        Promise.all(
          urls.flatMap((url) =>
            Array.from({ length: Math.ceil(sends / 3) }, () => send(url, method, path, `key-${n}`, json)),
          ),
        );
      const answers = await many('POST', '/api/v1/incidents', { description: `${n}`, source: 'partner' });
      const ids = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.id));
      expect(ids.size).toBe(1);
      await many('PATCH', `/api/v1/incidents/${[...ids][0]}`, { description_append: `and ${n}` });
    }
  };
  await Promise.all(Array.from({ length: 10 }, work));

  expect(
    [...statuses.keys()].filter((kind) => !/^(POST 201|PATCH 200|POST 409|PATCH 409)/.test(kind)),
  ).toEqual([]);
  expect([statuses.get('POST 201'), statuses.get('PATCH 200')]).toEqual([keys, keys]);
  const rows = await database.query(
    `SELECT count(*)::int AS incidents, count(DISTINCT description)::int AS texts, sum(version)::int AS versions FROM incidents`,
  );
  expect(rows).toEqual([{ incidents: keys, texts: keys, versions: 2 * keys }]);
  await database.drop();
}
