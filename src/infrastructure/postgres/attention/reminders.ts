import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ApplyPolicies } from '../../../application/attention/apply-policies.js';
import { RunTimers } from '../../../application/attention/run-timers.js';
import { SetTimers } from '../../../application/attention/set-timers.js';
import type { ChangedIncidents } from '../../../application/feed/event-feed.js';
import { SERVICE_CONSUMERS } from '../../../application/feed/feed-consumers.js';
import { FollowIncidents } from '../../../application/feed/follow-incidents.js';
import { PacedLoop } from '../../paced-loop.js';
import { Database } from '../connection/database.js';
import { ConsumerLease } from '../feed/consumer-lease.js';
import { type FeedBatch, LeasedFeedReader } from '../feed/leased-feed-reader.js';

/** The pause between two searches for due timers. */
const POLL_MS = 500;

/** The minimum interval between two searches for changed policies; without events it is twice as long. */
const APPLY_MS = 500;

/** Reminds of incidents: one process at a time sets timers as incidents change, and all processes complete those that are due. */
@Injectable()
export class Reminders implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly reader: LeasedFeedReader<ChangedIncidents>;
  private readonly loop: PacedLoop;
  private appliedAt = -Infinity;

  constructor(
    database: Database,
    incidents: FollowIncidents,
    private readonly setTimers: SetTimers,
    private readonly applyPolicies: ApplyPolicies,
    runTimers: RunTimers,
  ) {
    this.reader = new LeasedFeedReader(new ConsumerLease(database, SERVICE_CONSUMERS.attention), {
      name: 'setting of timers',
      context: 'Reminders',
      pages: (options) => incidents.execute(options),
      batchesOf: (page) => this.batchesOf(page),
      afterPage: () => this.applyChangedPolicies(),
      idleMs: 2 * APPLY_MS,
    });
    this.loop = new PacedLoop({
      name: 'running of timers',
      context: 'Reminders',
      run: () => runTimers.execute(),
      idleMs: { first: POLL_MS, max: POLL_MS },
    });
  }

  onApplicationBootstrap(): void {
    this.reader.start();
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.reader.stop(), this.loop.stop()]);
  }

  private batchesOf({ ids, next }: ChangedIncidents): FeedBatch[] {
    return ids.length > 0 ? [{ last: next, handle: () => this.setTimers.execute(ids) }] : [];
  }

  /** Under load there are many pages a second. */
  private async applyChangedPolicies(): Promise<void> {
    if (performance.now() - this.appliedAt < APPLY_MS) return;
    await this.applyPolicies.execute();
    this.appliedAt = performance.now();
  }
}
