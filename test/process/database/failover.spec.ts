import { killLeftovers, run } from '../../support/processes.js';
import { type Standby, aStandbyOf } from '../../support/standby.js';
import { aStockPostgres, hasStockPostgres, type StockPostgres } from '../../support/stock-postgres.js';
import { until } from '../../support/until.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };

const report = (url: string) =>
  fetch(`${url}/api/v1/incidents`, {
    method: 'POST',
    headers,
    body: '{"description":"a","source":"operator"}',
  });
const ready = async (url: string) => (await fetch(`${url}/health/ready`)).status;

(hasStockPostgres ? describe : describe.skip)('failover to a streaming standby:', () => {
  let primary: StockPostgres;
  let standby: Standby;
  let both: string;

  beforeEach(async () => {
    primary = await aStockPostgres();
    standby = await aStandbyOf(primary);
    const servers = `127.0.0.1:${standby.port},127.0.0.1:${primary.port}`;
    both = `postgres://postgres@${servers}/incidents?target_session_attrs=read-write`;
  });
  afterEach(async () => {
    await killLeftovers();
    await standby?.remove();
    await primary?.remove();
  });

  it('the service uses the primary, and switches to the standby when that is promoted', async () => {
    const service = run('api', { DATABASE_URL: both, DATABASE_STARTUP_TIMEOUT: '0' });
    const url = await service.ready();
    expect((await report(url)).status).toBe(201);
    await primary.stop();
    const refused = await report(url);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await until(async () => (await ready(url)) === 503);

    await standby.promote();
    let tries = 0;
    await until(async () => {
      tries++;
      return (await report(url)).status === 201;
    });
    // Each connection of the pool may fail at most once.
    expect(tries).toBeLessThan(20);
    await until(async () => (await ready(url)) === 200);
    const answers = await Promise.all(Array.from({ length: 50 }, () => report(url)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    await until(() => service.output().includes(`127.0.0.1:${primary.port}`));
    expect(await service.end()).toBe(0);
  });

  it('a service with only the standby waits, logs that, and starts once the standby is promoted', async () => {
    const alone = `postgres://postgres@127.0.0.1:${standby.port}/incidents`;
    const failed = run('api', { DATABASE_URL: alone, DATABASE_STARTUP_TIMEOUT: '0' });
    expect(await failed.ended()).toBe(1);
    expect(failed.output()).toBe(
      `The database incidents at 127.0.0.1:${standby.port} was not available within 0 s: ` +
        `127.0.0.1:${standby.port}: it is a standby, and the primary is needed.\n`,
    );
    const service = run('api', { DATABASE_URL: alone });
    await until(() => service.output().includes('it is a standby, and the primary is needed'));
    await standby.promote();
    await service.ready();
    expect(await service.end()).toBe(0);
  });

  it('the service disconnects from a server that becomes read-only, and recovers when it accepts changes', async () => {
    const service = run('api', { DATABASE_URL: `postgres://postgres@127.0.0.1:${primary.port}/incidents` });
    const url = await service.ready();
    // Opens all connections of the pool.
    await Promise.all(Array.from({ length: 100 }, () => report(url)));
    const set = async (value: string) => {
      await primary.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
      await primary.query('SELECT pg_reload_conf()');
    };
    await set('on');
    await until(async () => (await report(url)).status === 503);
    await until(async () => (await ready(url)) === 503);
    expect(((await (await report(url)).json()) as { code: string }).code).toBe('store.unavailable');
    // No connection to a read-only server is kept: behind a load balancer, that server may never accept changes again.
    const kept = await primary.query(`
      SELECT FROM pg_stat_activity WHERE state LIKE 'idle%' AND query LIKE '%INSERT INTO incidents%'`);
    expect(kept).toHaveLength(0);
    await set('off');
    await until(async () => (await ready(url)) === 200);
    const answers = await Promise.all(Array.from({ length: 50 }, () => report(url)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(await service.end()).toBe(0);
  });
});
