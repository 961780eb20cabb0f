import { appendFileSync, chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aDataDirectory } from '../../support/embedded.js';
import { killLeftovers, run } from '../../support/processes.js';
import { aStandbyOf } from '../../support/standby.js';
import { aStockPostgres, hasStockPostgres } from '../../support/stock-postgres.js';
import { until } from '../../support/until.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };

async function call(url: string, method: string, path: string, json?: unknown) {
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const answer = await fetch(`${url}/api/v1/${path}`, { method, headers, ...body });
  return { status: answer.status, body: (await answer.json()) as any };
}

const report = (url: string) => call(url, 'POST', 'incidents', { description: 'a', source: 'operator' });

/** Reports an incident and resolves with its position, which the consumer `mailer` stores. */
async function readEvent(url: string): Promise<string> {
  await report(url);
  await until(async () => (await call(url, 'GET', 'events')).body.events.length === 1);
  const { next } = (await call(url, 'GET', 'events')).body;
  await call(url, 'PUT', 'consumers/mailer', { position: next });
  return next;
}

/** An earlier position is rejected, and a consumer continues where it was, in the new epoch. */
async function expectNewEpoch(url: string, earlier: string): Promise<void> {
  await until(async () => (await report(url)).status === 201);
  const rejected = await call(url, 'GET', `events?after=${earlier}`);
  expect([rejected.status, rejected.body.code]).toEqual([410, 'feed.position-gone']);
  expect(rejected.body.epoch).toBeGreaterThan(Number(earlier.split('.')[0]));
  const { body: consumer } = await call(url, 'GET', 'consumers/mailer');
  expect(consumer.position).toBe(`${rejected.body.epoch}.1`);
  await until(async () => {
    const { body } = await call(url, 'GET', `events?after=${consumer.position}`);
    return body.events[0]?.position === `${rejected.body.epoch}.2`;
  });
}

describe('the event feed has a new epoch', () => {
  afterEach(killLeftovers);

  it('after a recovery of the database to a point in time, and the same epoch after a restart', async () => {
    const data = aDataDirectory();
    try {
      const first = run('api', { DATA_DIR: data.path });
      const earlier = await readEvent(await first.ready());
      expect(await first.end()).toBe(0);

      const restarted = run('api', { DATA_DIR: data.path });
      const { status } = await call(await restarted.ready(), 'GET', `events?after=${earlier}`);
      expect(status).toBe(200);
      expect(await restarted.end()).toBe(0);

      const directory = join(data.path, 'postgres');
      const signal = join(directory, 'recovery.signal');
      writeFileSync(signal, '');
      chownSync(signal, statSync(directory).uid, statSync(directory).gid);
      appendFileSync(join(directory, 'postgresql.auto.conf'), `restore_command = 'false'\n`);
      const recovered = run('api', { DATA_DIR: data.path });
      await expectNewEpoch(await recovered.ready(), earlier);
      expect(await recovered.end()).toBe(0);
    } finally {
      await killLeftovers();
      data.remove();
    }
  }, 120_000);

  (hasStockPostgres ? it : it.skip)(
    'after a failover to a standby, while the service runs',
    async () => {
      const primary = await aStockPostgres();
      const standby = await aStandbyOf(primary);
      try {
        const servers = `127.0.0.1:${standby.port},127.0.0.1:${primary.port}`;
        const DATABASE_URL = `postgres://postgres@${servers}/incidents?target_session_attrs=read-write`;
        const service = run('api', { DATABASE_URL });
        const url = await service.ready();
        const earlier = await readEvent(url);
        await until(
          async () =>
            (await primary.query('SELECT FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()'))
              .length > 0,
        );
        await primary.stop();
        await standby.promote();
        await expectNewEpoch(url, earlier);
        expect(await service.end()).toBe(0);
      } finally {
        await killLeftovers();
        await standby.remove();
        await primary.remove();
      }
    },
    120_000,
  );
});
