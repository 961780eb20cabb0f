import { jest } from '@jest/globals';
import { DatabaseClient } from '../../../src/infrastructure/postgres/connection/database-client.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { Draining } from '../../../src/presentation/http/server/draining.js';
import { type Service, startService } from '../../support/service.js';

describe('health checks', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  it('answer 200 while the database answers', async () => {
    const up = { database: { status: 'up' } };
    expect((await service.get('/health')).body).toEqual({ status: 'ok', info: up, error: {}, details: up });
    expect((await service.get('/health/ready')).status).toBe(200);
    expect((await service.get('/health/live')).status).toBe(200);
  });

  it('query the database at most once a second, on their own connection', async () => {
    const { pool } = service.app.get(Database);
    const clients = await Promise.all(Array.from({ length: pool.options.max! }, () => pool.connect()));
    const check = jest.spyOn(DatabaseClient.prototype, 'check');
    const startedAt = performance.now();
    const answers = await Promise.all(Array.from({ length: 300 }, () => service.get('/health/ready')));
    const seconds = (performance.now() - startedAt) / 1_000;
    for (const client of clients) client.release();
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(check.mock.calls.length).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
    check.mockClear();
    await service.get('/health/live');
    expect(check).not.toHaveBeenCalled();
    check.mockRestore();
  });

  it('report not ready but live during shutdown', async () => {
    service.app.get(Draining).begin();
    const ready = await service.get('/health/ready');
    expect(ready).toBeProblem('service.not-ready');
    expect(ready.body.checks.service).toEqual({ status: 'down', message: 'The service is shutting down.' });
    expect((await service.get('/health/live')).status).toBe(200);
    expect((await service.get('/health')).status).toBe(200);
  });
});
