import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { EmbeddedPostgres } from '../../../src/infrastructure/embedded-postgres/embedded-postgres.js';
import { LIMITS_MS } from '../../../src/infrastructure/postgres/connection/connection.js';
import { aDataDirectory } from '../../support/embedded.js';
import { type Answer, type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

/** An answer without the database must take less, or `MAX_MEASURED_MS` as measured on a busy machine. */
const MAX_ANSWER_MS = 3_000;
const MAX_MEASURED_MS = 10_000;

describe('the service during a database outage', () => {
  const directory = aDataDirectory();
  let postgres: EmbeddedPostgres;
  let service: Service;
  let path: string;
  let scraper: string;

  beforeAll(async () => {
    postgres = await EmbeddedPostgres.start(directory.path);
    service = await startService({ on: postgres.connection });
    path = (await service.report()).headers.get('location')!;
    const json = { name: 'prometheus', role: 'scraper' };
    scraper = (await service.request('POST', '/api/v1/keys', { json })).body.secret;
  });
  afterAll(async () => {
    await service.stop();
    await postgres.stop();
    directory.remove();
  });

  it('has timeouts that leave time to answer', () => {
    expect(LIMITS_MS.total).toBeLessThan(MAX_ANSWER_MS);
    expect(LIMITS_MS.acquire + LIMITS_MS.query).toBeLessThanOrEqual(LIMITS_MS.total);
  });

  const postmaster = () =>
    Number(readFileSync(join(directory.path, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);

  const requests = () => [
    service.report(),
    service.get(path),
    service.get('/api/v1/incidents'),
    service.get(`${path}/events`),
    service.patch(path, { description_append: 'b' }),
    service.patch(`${path}/status`, { status: 'IN_PROGRESS' }),
  ];
  const expectUnavailableInTime = async (send: () => Promise<Answer>[]) => {
    const startedAt = performance.now();
    const answers = await Promise.all(send());
    expect(performance.now() - startedAt).toBeLessThan(MAX_MEASURED_MS);
    for (const answer of answers) {
      // A statement may have been sent just before the database was lost.
      const isUnknown = answer.body.code === 'store.outcome-unknown';
      expect(answer).toBeProblem(isUnknown ? 'store.outcome-unknown' : 'store.unavailable');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  };
  const recovery = () =>
    until(async () => (await service.get('/health/ready')).status === 200, { timeoutMs: 15_000 });

  it('answers requests with 503 in time while the database is frozen, and survives', async () => {
    const scrape = () => service.get('/metrics', { 'X-Access-Key': scraper });
    expect((await scrape()).status).toBe(200);
    const pid = postmaster();
    // The postmaster and the processes of all connections.
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number);
    const all = [pid, ...children];
    const signalProcess = (each: number, signal: 'SIGSTOP' | 'SIGCONT') => {
      try {
        process.kill(each, signal);
      } catch (error) {
        // The process of a connection may have ended by itself.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    };
    try {
      for (const each of all) signalProcess(each, 'SIGSTOP');
      await expectUnavailableInTime(requests);
      await expectUnavailableInTime(() => Array.from({ length: 50 }, () => service.get(path)));
      expect((await service.get('/health/live')).status).toBe(200);
      expect(await service.get('/health/ready')).toBeProblem('service.not-ready');
      expect(await service.get('/health')).toBeProblem('service.not-ready');
      expect((await service.get('/metrics')).status).toBe(200);
      // Cached keys are accepted for 5 s, and cannot be read again now.
      const rejection = async () => {
        const answer = await scrape();
        return answer.status !== 200 && answer;
      };
      const answer = await until(rejection, { timeoutMs: MAX_MEASURED_MS });
      expect(answer).toBeProblem('store.unavailable');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    } finally {
      for (const each of all.toReversed()) signalProcess(each, 'SIGCONT');
    }
    await recovery();
    expect((await service.get(path)).status).toBe(200);
  });

  it('answers a change of a locked row with 503 in time, and does not apply it later', async () => {
    const before = await service.get(path);
    await service.database.query('BEGIN');
    await service.database.query('SELECT FROM incidents FOR UPDATE');
    try {
      await expectUnavailableInTime(() => [service.patch(path, { description_append: 'locked' })]);
      expect((await service.get(path)).status).toBe(200);
    } finally {
      await service.database.query('ROLLBACK');
    }
    expect((await service.get(path)).text).toBe(before.text);
    expect((await service.patch(path, { description_append: 'c' })).status).toBe(200);
  });

  it('answers requests with 503 in time when the database is killed, and restarts it with all its data', async () => {
    const before = await service.get(path);
    // The processes end a moment after the signal: the end of a connection shows it.
    const witness = new Client(postgres.connection).on('error', () => undefined);
    await witness.connect();
    const isGone = new Promise((resolve) => witness.once('end', resolve));
    process.kill(postmaster(), 'SIGQUIT');
    await isGone;
    await expectUnavailableInTime(requests);
    await recovery();
    expect((await service.get(path)).text).toBe(before.text);
    expect((await service.report()).status).toBe(201);
  });
});
