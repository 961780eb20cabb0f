import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ApplyPolicies } from '../../../application/attention/apply-policies.js';
import { RunTimers } from '../../../application/attention/run-timers.js';
import { SetTimers } from '../../../application/attention/set-timers.js';
import type { FeedEvent } from '../../../application/feed/event-feed.js';
import { SERVICE_CONSUMERS } from '../../../application/feed/feed-consumers.js';
import { FollowFeed } from '../../../application/feed/follow-feed.js';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { backoffMs } from '../../../shared/backoff.js';
import { reasonOf } from '../connection/database-errors.js';
import { Database } from '../connection/database.js';
import { ConsumerLease } from '../feed/consumer-lease.js';
import { type FeedBatch, LeasedFeedReader } from '../feed/leased-feed-reader.js';

/** The pause between two searches for due timers. */
const POLL_MS = 500;

/** The minimum interval between two searches for changed policies; without events it is twice as long. */
const APPLY_MS = 500;

/** Reminds of incidents: one process at a time sets timers as it reads the feed, and all processes complete those that are due. */
@Injectable()
export class Reminders implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Reminders');
  private readonly stopping = new AbortController();
  private readonly reader: LeasedFeedReader;
  private running: Promise<void> | undefined;
  private appliedAt = -Infinity;

  constructor(
    database: Database,
    feed: FollowFeed,
    private readonly setTimers: SetTimers,
    private readonly applyPolicies: ApplyPolicies,
    private readonly runTimers: RunTimers,
  ) {
    this.reader = new LeasedFeedReader(new ConsumerLease(database, SERVICE_CONSUMERS.attention), feed, {
      name: 'setting of timers',
      context: 'Reminders',
      batchesOf: (events) => this.batchesOf(events),
      afterPage: () => this.applyChangedPolicies(),
      idleMs: 2 * APPLY_MS,
    });
  }

  onApplicationBootstrap(): void {
    this.reader.start();
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.reader.stop(), this.running]);
  }

  private batchesOf(events: readonly FeedEvent[]): FeedBatch[] {
    const last = events.at(-1);
    return last ? [{ last: last.position, handle: () => this.setTimers.execute(events) }] : [];
  }

  /** Under load there are many pages a second. */
  private async applyChangedPolicies(): Promise<void> {
    if (performance.now() - this.appliedAt < APPLY_MS) return;
    await this.applyPolicies.execute();
    this.appliedAt = performance.now();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let failures = 0;
    while (!signal.aborted) {
      let pauseMs = POLL_MS;
      try {
        while (!signal.aborted && (await this.runTimers.execute()));
        if (failures > 0) this.logger.log('reminders recovered');
        failures = 0;
      } catch (error) {
        const { cause = error } = error as Error;
        if (++failures === 1) this.logger.warn(`reminders stalled: ${reasonOf(cause)}`);
        pauseMs = backoffMs(failures, { maxMs: 10_000 });
      }
      await sleepUnlessAborted(pauseMs, signal);
    }
  }
}
