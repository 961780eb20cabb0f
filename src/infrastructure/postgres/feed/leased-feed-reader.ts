import { Logger } from '@nestjs/common';
import { CONSUMER_LEASE_MS } from '../../../application/feed/feed-consumers.js';
import { FeedPositionGone } from '../../../domain/feed/feed-errors.js';
import { type FeedPosition, formatPosition } from '../../../domain/feed/feed-position.js';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { backoffMs } from '../../../shared/backoff.js';
import { FailureLog } from '../../failure-log.js';
import type { ConsumerLease, Lease } from './consumer-lease.js';

/** How often a standby process tries to acquire the lease. */
const STANDBY_MS = 1_000;

/** How often the lease is checked while there are no events. */
const IDLE_MS = 5_000;

/** A lease with less time left is extended: handling a batch must not outlast it. */
const MIN_LEASE_MS = CONSUMER_LEASE_MS - 10_000;

/** Events that are handled together. */
export interface FeedBatch {
  readonly last: FeedPosition;
  /** Handles them; if it throws, they are handled again later. */
  handle(): Promise<void>;
}

interface ReaderOptions<Page> {
  /** What it does, as the subject of a sentence in the log. */
  readonly name: string;
  /** The context of its lines in the log. */
  readonly context: string;
  /** Reads pages from a position on, also one without events after the idle time, until the signal is aborted. */
  readonly pages: (options: {
    readonly start: FeedPosition;
    readonly idleMs: number;
    readonly signal: AbortSignal;
  }) => AsyncIterable<Page>;
  /** Splits a page into batches, in order. The position is stored after each. */
  readonly batchesOf: (page: Page) => Iterable<FeedBatch>;
  /** Further work of the process that holds the lease, after each page and every `idleMs`: some seconds at most. */
  readonly afterPage?: () => Promise<void>;
  /** The time without events after which the lease is checked; by default 5 s. */
  readonly idleMs?: number;
}

/**
 * Reads the feed for a named consumer, in one process at a time: each event at least once, in order. A failure is logged once, and
 * retried until it succeeds.
 */
export class LeasedFeedReader<Page> {
  private readonly logger: Logger;
  private readonly failureLog: FailureLog;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly lease: ConsumerLease,
    private readonly options: ReaderOptions<Page>,
  ) {
    this.logger = new Logger(options.context);
    this.failureLog = new FailureLog(options.context, options.name);
  }

  /** Begins to read, in the background. The consumer is created at the latest position if it does not exist. */
  start(): void {
    this.running = this.run();
  }

  /** Finishes the batch in flight, and releases the lease. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const lease = (await this.lease.acquire()) ?? (await this.create());
        if (lease) await this.read(lease);
        else await sleepUnlessAborted(STANDBY_MS, signal);
      } catch (error) {
        const failures = this.failureLog.failed(error);
        await sleepUnlessAborted(backoffMs(failures, { maxMs: 10_000 }), signal);
      }
    }
    await this.lease.release().catch(() => undefined);
  }

  /** Creates the consumer if this is the first start, or an admin has deleted it. */
  private async create(): Promise<Lease | undefined> {
    await this.lease.register();
    return this.lease.acquire();
  }

  /** Handles events until this process loses the lease, or another position is stored. */
  private async read(lease: Lease): Promise<void> {
    const { signal } = this.stopping;
    const { pages, batchesOf, afterPage, idleMs = IDLE_MS } = this.options;
    let { position, until } = lease;
    /** @returns whether this process still has the lease and the position is unchanged; extends the lease if needed. */
    const keepLease = async () => {
      if (until - performance.now() > MIN_LEASE_MS) return true;
      const extended = await this.lease.acquire();
      if (extended?.position.number !== position.number) return false;
      until = extended.until;
      return true;
    };
    try {
      for await (const page of pages({ start: position, idleMs, signal })) {
        for (const batch of batchesOf(page)) {
          if (signal.aborted || !(await keepLease())) return;
          await batch.handle();
          if (!(await this.lease.advance(position, batch.last))) return;
          position = batch.last;
        }
        await afterPage?.();
        this.failureLog.succeeded();
        if (!(await keepLease())) return;
      }
    } catch (error) {
      if (!(error instanceof FeedPositionGone)) throw error;
      // In a new epoch the stored position is still valid, and the next lease has it.
      if (error.range.oldest.epoch === position.epoch) await this.skipTo(error.range.oldest, position, error);
    }
  }

  private async skipTo(oldest: FeedPosition, position: FeedPosition, { message }: Error): Promise<void> {
    this.logger.error(
      `${message} ${this.options.name} missed some events; continuing at ${formatPosition(oldest)}.`,
    );
    await this.lease.advance(position, oldest);
  }
}
