import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { type Service, startService } from '../../support/service.js';

describe('searches', () => {
  let service: Service;
  beforeAll(async () => (service = await startService({ environment: { DATABASE_POOL_SIZE: '1' } })));
  afterAll(() => service.stop());

  it('leave connections for other requests', async () => {
    const { id } = (await service.report({ description: 'Насос 17 молчит' })).body;
    // The only connection for requests is in use.
    const taken = await service.app.get(Database).pool.connect();
    try {
      const { status, body } = await service.get(`/api/v1/incidents?q=${encodeURIComponent('насос 17')}`);
      expect([status, body.map((each: { id: number }) => each.id)]).toEqual([200, [id]]);
    } finally {
      taken.release();
    }
  });
});
