import { Logger } from '@nestjs/common';
import { Gauge, type Registry } from 'prom-client';
import type { InboundMessage } from '../../application/intake/message-broker.js';
import type { Config } from '../../config/config.js';
import { sleepUnlessAborted } from '../../shared/abort.js';
import { backoffMs } from '../../shared/backoff.js';
import { reasonOf } from '../postgres/connection/database-errors.js';
import { topicsOf } from './client-options.js';
import { GroupMembership } from './group-membership.js';

/** The backoff between two memberships in the group. */
const REJOIN = { firstMs: 400, maxMs: 10_000 } as const;

/** After a membership of this length, the backoff starts again. */
const STABLE_AFTER_MS = 30_000;

/** Processes a message, see `MembershipOptions.handle`; rejects when the signal is aborted. */
export type HandleMessage = (message: InboundMessage, abandon: AbortSignal) => Promise<void>;

/** Consumes the inbound topic as a member of the consumer group, for as long as the process runs. */
export class InboundConsumer {
  private readonly logger = new Logger('Kafka');
  private readonly stopping = new AbortController();
  private readonly lag: Gauge<'topic' | 'partition'>;
  private running: Promise<void> | undefined;

  constructor(
    private readonly config: Config,
    private readonly handle: HandleMessage,
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

  /** Drains the in-flight messages, commits and leaves the group; messages that wait for the store are redelivered to others. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const topic = topicsOf(this.config).inbound;
    let failures = 0;
    while (!signal.aborted) {
      const startedAt = Date.now();
      // The in-flight messages of a lost membership are redelivered to the next one.
      const abandoned = new AbortController();
      const abandon = AbortSignal.any([signal, abandoned.signal]);
      try {
        await new GroupMembership({
          config: this.config,
          topic,
          handle: (message) => this.handle(message, abandon),
          onLag: (lag) => this.recordLag(topic, lag),
        }).run(signal);
      } catch (error) {
        if (signal.aborted) {
          this.logger.warn(`in-flight messages are redelivered to other members: ${reasonOf(error)}`);
          return;
        }
        failures = Date.now() - startedAt > STABLE_AFTER_MS ? 1 : failures + 1;
        const pauseMs = backoffMs(failures, REJOIN);
        this.logger.warn(
          `lost the membership in the consumer group, joining again in ${pauseMs} ms: ${reasonOf(error)}`,
        );
        await sleepUnlessAborted(pauseMs, signal);
      } finally {
        abandoned.abort();
      }
    }
  }

  private recordLag(topic: string, lag: ReadonlyMap<number, number>): void {
    this.lag.reset();
    for (const [partition, messages] of lag) this.lag.set({ topic, partition: String(partition) }, messages);
  }
}
