import type { DataSource } from 'typeorm';
import { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { FeedPlacer } from '../../../src/infrastructure/postgres/feed/feed-placer.js';
import { MAX_PLACED } from '../../../src/infrastructure/postgres/feed/feed-statements.js';
import { requestDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';

describe('a process that places events in the feed', () => {
  let testDatabase: TestDatabase;
  let dataSource: DataSource;
  beforeAll(async () => {
    testDatabase = await aDatabase();
    dataSource = await requestDataSource(testDatabase.service, 1).initialize();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await testDatabase.drop();
  });

  /** Queues statements with so many events each. */
  const queue = (...events: readonly number[]) =>
    testDatabase.query(
      `INSERT INTO feed_queue (incident_ids, seqs)
       SELECT array_fill(1::bigint, ARRAY[events]), array_fill(1, ARRAY[events])
       FROM unnest($1::integer[]) WITH ORDINALITY AS statement (events, n) ORDER BY n`,
      [events],
    );

  it('places a bounded number of them at once, and then the others', async () => {
    const placer = new FeedPlacer(new Database(dataSource));
    const { events, statements } = MAX_PLACED;
    const latest = async () => {
      const [row] = await testDatabase.query<{ latest: string }>('SELECT latest FROM feed_state');
      return Number(row!.latest);
    };

    await queue(1, events, 2, events - 3, 1, 5);
    expect(await placer.place()).toBe(true);
    expect(await latest()).toBe(1 + events);
    expect(await placer.place()).toBe(true);
    expect(await latest()).toBe(1 + events + events);
    expect(await placer.place()).toBe(false);
    expect(await latest()).toBe(1 + events + events + 5);

    await queue(...Array.from({ length: statements + 1 }, () => 1));
    expect(await placer.place()).toBe(true);
    expect(await placer.place()).toBe(false);
    expect(await latest()).toBe(1 + events + events + 5 + statements + 1);
    expect(await placer.place()).toBe(false);
  });
});
