import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Admin, FetchIsolationLevels, ListOffsetTimestamps } from '@platformatic/kafka';
import { Gauge, Registry } from 'prom-client';
import { Config } from '../../config/config.js';
import { sleepUnlessAborted } from '../../shared/abort.js';
import { clientOptions, topicsOf } from '../kafka/client-options.js';
import { reasonOf } from '../postgres/connection/database-errors.js';

const INTERVAL_MS = 15_000;

/**
 * How many messages of the inbound topic no worker has committed, as the brokers say. The api processes export it too, where
 * `KAFKA_BROKERS` is set: a dead worker exports nothing.
 */
@Injectable()
export class InboundLagMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(InboundLagMetrics.name);
  private readonly lag: Gauge<'topic'>;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    registry: Registry,
    private readonly config: Config,
  ) {
    this.lag = new Gauge({
      name: 'kafka_inbound_lag',
      help: 'Messages that no worker of the consumer group has committed; no series where the brokers are not known or do not answer.',
      labelNames: ['topic'],
      registers: [registry],
      aggregator: 'max',
    });
  }

  onApplicationBootstrap(): void {
    if (this.config.KAFKA_BROKERS !== undefined) this.running = this.run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const topic = topicsOf(this.config).inbound;
    const admin = new Admin({ ...clientOptions(this.config), retries: 0 });
    let failures = 0;
    do {
      try {
        this.lag.set({ topic }, await lagOf(admin, topic, this.config.KAFKA_GROUP));
        failures = 0;
      } catch (error) {
        this.lag.reset();
        // The first one is common: brokers that were just started have no coordinator yet.
        if (++failures === 2) this.logger.warn(`the lag of ${topic} is not known: ${reasonOf(error)}`);
      }
    } while (await sleepUnlessAborted(INTERVAL_MS, signal));
    await admin.close();
  }
}

/** How many messages of the topic the group has not committed; those of open transactions do not count. */
async function lagOf(admin: Admin, topic: string, group: string): Promise<number> {
  const { topics } = await admin.metadata({ topics: [topic] });
  const partitionIndexes = Array.from({ length: topics.get(topic)!.partitionsCount }, (_, n) => n);
  const partitions = partitionIndexes.map((partitionIndex) => ({
    partitionIndex,
    timestamp: ListOffsetTimestamps.LATEST,
  }));
  const latest = {
    topics: [{ name: topic, partitions }],
    isolationLevel: FetchIsolationLevels.READ_COMMITTED,
  };
  const ofGroup = { groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes }] }] };
  const [ends, groups] = await Promise.all([
    admin.listOffsets(latest),
    admin.listConsumerGroupOffsets(ofGroup),
  ]);
  const committed = new Map(
    groups
      .flatMap((found) => found.topics)
      .flatMap((found) => found.partitions)
      .map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
  );
  return ends
    .flatMap((found) => found.partitions)
    .map(({ partitionIndex, offset }) => Number(offset - nonNegative(committed.get(partitionIndex))))
    .reduce((sum, waiting) => sum + Math.max(waiting, 0), 0);
}

/** Where nothing was committed yet, Kafka says -1. */
function nonNegative(offset = 0n): bigint {
  return offset > 0n ? offset : 0n;
}
