import { Logger } from '@nestjs/common';
import { Gauge, type Registry } from 'prom-client';
import type { InboundMessage } from '../../application/intake/message-broker.js';
import type { Config } from '../../config/config.js';
import { sleepUnlessAborted } from '../../shared/abort.js';
import { backoffMs } from '../../shared/backoff.js';
import { reasonOf } from '../postgres/connection/database-errors.js';
import { topicsOf } from './client-options.js';
import { GroupMembership } from './group-membership.js';

/** Between two memberships in the group. */
const REJOIN = { firstMs: 400, maxMs: 10_000 } as const;

/** After a membership that has lasted for so long, the pauses begin anew. */
const STABLE_AFTER_MS = 30_000;

/** What becomes of a message: see `MembershipOptions.take`; it gives up, and rejects, when the signal is aborted. */
export type HandleMessage = (message: InboundMessage, giveUp: AbortSignal) => Promise<void>;

/** Reads the inbound topic as a member of the consumer group, for as long as the process runs. */
export class InboundConsumer {
  private readonly logger = new Logger('Kafka');
  private readonly stopping = new AbortController();
  private readonly lag: Gauge<'topic' | 'partition'>;
  private running: Promise<void> | undefined;

  constructor(
    private readonly config: Config,
    private readonly take: HandleMessage,
    registry: Registry,
  ) {
    this.lag = new Gauge({
      name: 'kafka_consumer_lag',
      help: 'Messages of the partitions of this process that are not committed yet.',
      labelNames: ['topic', 'partition'],
      registers: [registry],
    });
  }

  start(): void {
    this.running = this.run();
  }

  /** Finishes what is in hand, commits and leaves the group; what waits for a register that is away is left to others. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const topic = topicsOf(this.config).inbound;
    let failures = 0;
    while (!signal.aborted) {
      const began = Date.now();
      // What a lost membership has in hand is read again by the next one.
      const abandoned = new AbortController();
      const giveUp = AbortSignal.any([signal, abandoned.signal]);
      try {
        await new GroupMembership({
          config: this.config,
          topic,
          take: (message) => this.take(message, giveUp),
          onLag: (lag) => this.show(topic, lag),
        }).run(signal);
      } catch (error) {
        if (signal.aborted) {
          this.logger.warn(`what was in hand is read again by others: ${reasonOf(error)}`);
          return;
        }
        failures = Date.now() - began > STABLE_AFTER_MS ? 1 : failures + 1;
        const pauseMs = backoffMs(failures, REJOIN);
        this.logger.warn(
          `the consumer group was lost, and is joined again in ${pauseMs} ms: ${reasonOf(error)}`,
        );
        await sleepUnlessAborted(pauseMs, signal);
      } finally {
        abandoned.abort();
      }
    }
  }

  private show(topic: string, lag: ReadonlyMap<number, number>): void {
    this.lag.reset();
    for (const [partition, messages] of lag) this.lag.set({ topic, partition: String(partition) }, messages);
  }
}
