import { Draining } from '../../src/presentation/http/draining.js';
import { type Service, startService } from '../support/service.js';

describe('health', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  it('is well while the database answers', async () => {
    const up = { database: { status: 'up' } };
    expect((await service.get('/health')).body).toEqual({ status: 'ok', info: up, error: {}, details: up });
    expect((await service.get('/health/ready')).status).toBe(200);
    expect((await service.get('/health/live')).status).toBe(200);
  });

  it('is not ready, but alive, while the service stops', async () => {
    service.app.get(Draining).begin();
    const ready = await service.get('/health/ready');
    expect(ready).toBeProblem('service.not-ready');
    expect(ready.body.checks.service).toEqual({ status: 'down', message: 'The service is stopping.' });
    expect((await service.get('/health/live')).status).toBe(200);
    expect((await service.get('/health')).status).toBe(200);
  });
});
