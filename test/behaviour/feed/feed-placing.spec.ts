import { FeedPlacer } from '../../../src/infrastructure/postgres/feed/feed-placer.js';
import { feedOrder, LOCK_PLACING } from '../../support/feed.js';
import { type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

describe('a process that places events in the feed', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  it('leaves them to the process that is placing, without waiting for it, and places those that this one left', async () => {
    const { database } = service;
    await database.query('BEGIN');
    await database.query(LOCK_PLACING);
    const { id } = (await service.report()).body;
    await service.app.get(FeedPlacer).place();
    expect(await feedOrder(database)).toEqual([]);
    await database.query('COMMIT');
    await until(async () => (await feedOrder(database)).length > 0);
    expect(await feedOrder(database)).toEqual([`${id}-1`]);
  });
});
