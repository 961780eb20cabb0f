import { Injectable } from '@nestjs/common';
import { RateLimiter } from '../../application/access/rate-limits.js';
import type { IntakeOutcome } from '../../application/intake/intake-metrics.js';
import {
  type ReceivedNotification,
  ReceivedNotifications,
} from '../../application/intake/received-notifications.js';
import { Clock } from '../../application/operations/clock.js';
import type { Workload } from '../../domain/access/workload.js';

/** A request with more messages is bulk work: single requests have priority. */
const MAX_URGENT_MESSAGES = 16;

/** The maximum number of messages of a request that are processed at a time. */
const MAX_CONCURRENT = 256;

/** A request of a sender with several messages. */
interface Batch extends ReceivedNotification {
  readonly principal: string;
  /** The number of messages. */
  readonly messages: number;
}

/** Processes requests with several messages. */
@Injectable()
export class BatchIntake {
  constructor(
    private readonly rateLimiter: RateLimiter,
    private readonly notifications: ReceivedNotifications,
    private readonly clock: Clock,
  ) {}

  /**
   * Processes a request once, even if an attempt processed only a part of it and the sender retries. Each message counts as a
   * request of the key. Over the limit, the next request is rejected and not this one: a retry would have the same size.
   * @param process gets how often the same request was completed before, which is the same number for all attempts until one
   * completes.
   * @returns the outcomes of the messages.
   */
  async processOnce(
    { principal, messages, ...request }: Batch,
    process: (before: number, workload: Workload) => Promise<readonly IntakeOutcome[]>,
  ): Promise<readonly IntakeOutcome[]> {
    // The guard has counted the first.
    if (this.rateLimiter.limitsRequests && messages > 1)
      await this.rateLimiter.countRequest(principal, messages - 1);
    const workload = { principal, isBulk: messages > MAX_URGENT_MESSAGES };
    // A request itself is one piece of work, however many messages it has.
    const single = { principal, isBulk: false };
    const before = await this.notifications.completed(request, single);
    const outcomes = await process(before, workload);
    await this.notifications.complete(request, before, this.clock.now(), single);
    return outcomes;
  }
}

/** Processes so many items at a time. @returns the outcomes in the order of the items. */
export async function inBatches<Item>(
  items: readonly Item[],
  process: (batch: readonly Item[], start: number) => Promise<readonly IntakeOutcome[]>,
): Promise<IntakeOutcome[]> {
  const outcomes: IntakeOutcome[] = [];
  for (let start = 0; start < items.length; start += MAX_CONCURRENT) {
    outcomes.push(...(await process(items.slice(start, start + MAX_CONCURRENT), start)));
  }
  return outcomes;
}
