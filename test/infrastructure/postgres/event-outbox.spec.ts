import { EventOutbox } from '../../../src/infrastructure/postgres/feed/event-outbox.js';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { type Service, startService } from '../../support/service.js';

describe('the queue of events', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  it('gives a shard to one process at a time, and again to the one that has failed with it', async () => {
    const [mine, other] = [1, 2].map(() => new EventOutbox(service.app.get(Database)));
    await mine!.register('test');
    const { body } = await service.report();
    const taken = [expect.objectContaining({ incidentId: body.id })];
    expect((await mine!.take()).events).toEqual(taken);
    expect((await other!.take()).events).toEqual([]);
    expect((await mine!.take()).events).toEqual(taken);
    await mine!.giveBack();
    const { events } = await other!.take();
    expect(events).toEqual(taken);
    await other!.forget(events);
    expect((await other!.take()).events).toEqual([]);
  });
});
