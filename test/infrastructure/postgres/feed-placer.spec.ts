import type { Database } from '../../../src/infrastructure/postgres/connection/database.js';
import { FeedPlacer } from '../../../src/infrastructure/postgres/feed/feed-placer.js';
import { pause } from '../../support/pause.js';
import { until } from '../../support/until.js';

describe('the placing of events in the feed', () => {
  it('goes on soon after a slow run', async () => {
    let runs = 0;
    const database = {
      onChange: () => {},
      query: async () => {
        if (++runs === 1) await pause(500, 'the database is slow once');
        return [{ statements: 0, events: 0 }];
      },
    };
    const placer = new FeedPlacer(database as unknown as Database);
    placer.onApplicationBootstrap();
    try {
      await until(() => runs > 1, { timeoutMs: 10_000 });
    } finally {
      await placer.beforeApplicationShutdown();
    }
  });
});
