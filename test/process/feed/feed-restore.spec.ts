import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseAt, type TestDatabase } from '../../support/databases.js';
import { openEventStream } from '../../support/event-stream.js';
import { untilPlaced } from '../../support/feed.js';
import { killLeftovers, run } from '../../support/processes.js';
import { aStockPostgres, hasStockPostgres, type StockPostgres } from '../../support/stock-postgres.js';
import { connectionTo } from '../../../src/infrastructure/postgres/connection/connection.js';

const KEY = { 'X-Access-Key': 'key' };
const TIMEOUT = 120_000;

// On an installed PostgreSQL, which has the backup programs.
(hasStockPostgres ? describe : describe.skip)('the event feed after a restore', () => {
  let server: StockPostgres;
  let database: TestDatabase;
  let directory: string;

  beforeAll(async () => {
    server = await aStockPostgres();
    database = await databaseAt(connectionTo(server.url));
    directory = mkdtempSync(join(tmpdir(), 'incidents-feed-'));
  }, TIMEOUT);
  afterEach(killLeftovers);
  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await database.drop();
    await server.remove();
  });

  const program = async (name: 'backup' | 'restore', ...args: string[]) => {
    const tool = run(name, { DATABASE_URL: server.url }, { args, cwd: directory });
    expect([await tool.ended(), tool.output()]).toEqual([0, expect.anything()]);
  };
  const start = async () => {
    const service = run('api', { DATABASE_URL: server.url });
    const url = await service.ready();
    const call = async (method: string, path: string, json?: unknown) => {
      const answer = await fetch(`${url}/api/v1/${path}`, {
        method,
        headers: { ...KEY, 'Content-Type': 'application/json' },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      });
      return { status: answer.status, body: (await answer.json()) as any };
    };
    const report = async () => {
      await call('POST', 'incidents', { description: 'a', source: 'operator' });
      await untilPlaced(database);
    };
    return { service, url, call, report };
  };

  it(
    'has a new epoch each time; earlier positions are rejected with 410, and consumers continue from the positions of the backup',
    async () => {
      const first = await start();
      await first.report();
      await first.call('PUT', 'consumers/mailer', { position: 'latest', metadata: 'a' });
      await first.report();
      await program('backup', 'feed.dump');
      await first.report();
      const before = (await first.call('GET', 'events')).body;
      expect(before.events).toHaveLength(3);
      expect(await first.service.end()).toBe(0);

      const epochs = new Set([before.next.split('.')[0]]);
      for (let restore = 1; restore <= 2; restore++) {
        await program('restore', '--replace', 'feed.dump');
        const service = await start();
        // This event gets the position number of an event that was lost by the restore.
        await service.report();
        const rejected = await service.call('GET', `events?after=${before.events[1].position}`);
        expect([rejected.status, rejected.body]).toEqual([
          410,
          expect.objectContaining({ code: 'feed.position-gone' }),
        ]);
        epochs.add(String(rejected.body.epoch));
        expect(epochs.size).toBe(1 + restore);
        expect(rejected.body.latest).toBe(`${rejected.body.epoch}.3`);
        const stream = await openEventStream(service.url, {
          headers: { ...KEY, 'Last-Event-ID': before.next },
        });
        expect((await stream.untilNamed('reset')).data).toMatchObject({ epoch: rejected.body.epoch });
        await stream.untilEvents(3);
        stream.close();
        const { body: consumer } = await service.call('GET', 'consumers/mailer');
        expect(consumer).toMatchObject({ position: `${rejected.body.epoch}.1`, metadata: 'a', lag: 2 });
        const { body: page } = await service.call('GET', `events?after=${consumer.position}`);
        expect(page.events.map(({ id }: { id: string }) => id)).toEqual(['2-1', '3-1']);
        expect(await service.service.end()).toBe(0);
      }
    },
    TIMEOUT,
  );
});
