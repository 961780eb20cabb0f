import { Admin, FetchIsolationLevels, ListOffsetTimestamps } from '@platformatic/kafka';
import type { Config } from '../../config/config.js';
import { clientOptions, topicsOf } from './client-options.js';

/** Asks the brokers for the lag of the consumer group on the inbound topic. */
export class InboundLag {
  private readonly admin: Admin;

  constructor(private readonly config: Config) {
    this.admin = new Admin({ ...clientOptions(config), retries: 0 });
  }

  /**
   * The messages that the group has not committed; those of open transactions do not count.
   * @throws if the brokers do not answer.
   */
  async read(): Promise<number> {
    const topic = topicsOf(this.config).inbound;
    const { topics } = await this.admin.metadata({ topics: [topic] });
    const partitionIndexes = Array.from({ length: topics.get(topic)!.partitionsCount }, (_, n) => n);
    const partitions = partitionIndexes.map((partitionIndex) => ({
      partitionIndex,
      timestamp: ListOffsetTimestamps.LATEST,
    }));
    const latest = {
      topics: [{ name: topic, partitions }],
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    };
    const ofGroup = {
      groups: [{ groupId: this.config.KAFKA_GROUP, topics: [{ name: topic, partitionIndexes }] }],
    };
    const [ends, groups] = await Promise.all([
      this.admin.listOffsets(latest),
      this.admin.listConsumerGroupOffsets(ofGroup),
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

  async close(): Promise<void> {
    await this.admin.close();
  }
}

/** Kafka reports -1 before the first commit. */
function nonNegative(offset = 0n): bigint {
  return offset > 0n ? offset : 0n;
}
