import { Logger } from '@nestjs/common';
import type { Message, MessagesStream } from '@platformatic/kafka';
import type { InboundMessage } from '../../application/intake/message-broker.js';
import type { Config } from '../../config/config.js';
import { sleepUnlessAborted, unlessAborted } from '../../shared/abort.js';
import { pollUntil, withTimeout } from '../../shared/time/timeout.js';
import { reasonOf } from '../postgres/connection/database-errors.js';
import { clientOptions } from './client-options.js';
import { OffsetTracker } from './offset-tracker.js';
import { ReadCommittedConsumer } from './read-committed-consumer.js';

/** The maximum number of messages in flight: some database batches, far below the limits of the write queues. */
const MAX_IN_FLIGHT = 1_000;

/** In milliseconds. A killed worker is replaced after the session timeout; by default, brokers reject a shorter one. */
const GROUP = { sessionTimeout: 6_000, heartbeatInterval: 1_500, rebalanceTimeout: 20_000 } as const;

/** The limits of a fetch in bytes, and how long the broker may wait for new messages, in milliseconds. */
const FETCH = { maxBytes: 1024 * 1024, maxBytesPerPartition: 256 * 1024, maxWaitTime: 500 } as const;

const COMMIT_INTERVAL_MS = 200;
const LAG_INTERVAL_MS = 2_000;

/** How long a shutdown may wait for in-flight messages, and for leaving the group. */
const DRAIN_TIMEOUT_MS = 10_000;
const LEAVE_TIMEOUT_MS = 5_000;

/** Means that a commit names no leader epoch. */
const ANY_EPOCH = -1;

type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;

const logger = new Logger('Kafka');

export interface MembershipOptions {
  readonly config: Config;
  readonly topic: string;
  /** Resolves when the message is processed and its offset may be committed; rejects if it was aborted first. */
  readonly handle: (message: InboundMessage) => Promise<void>;
  /** Receives the lag of each partition that is assigned to this member. */
  readonly onLag: (lag: ReadonlyMap<number, number>) => void;
}

/**
 * A membership in the consumer group, from joining to leaving or to the first failure. The next membership starts at the committed
 * offset: messages that were read and not committed are redelivered.
 */
export class GroupMembership {
  private readonly consumer: ReadCommittedConsumer;
  private readonly trackers = new Map<number, OffsetTracker>();
  private readonly lost = Promise.withResolvers<never>();
  private stream: Stream | undefined;
  private inFlight = 0;
  private isOver = false;

  constructor(private readonly options: MembershipOptions) {
    const { config } = options;
    this.consumer = new ReadCommittedConsumer({
      ...clientOptions(config),
      groupId: config.KAFKA_GROUP,
      ...GROUP,
      ...FETCH,
    });
    // Nothing awaits it before `run`.
    this.lost.promise.catch(() => undefined);
    this.consumer.onSkipped = (partition, start, end) => this.skip(partition, start, end);
    this.consumer.on('error', this.lost.reject);
    this.consumer.on('consumer:group:join', () => {
      for (const tracker of this.trackers.values()) tracker.reset();
    });
    this.consumer.on('consumer:lag', (lag) => options.onLag(assigned(lag.get(options.topic) ?? [])));
  }

  /** Resolves once `stop` is aborted and the in-flight messages are processed; rejects when the membership is lost. */
  async run(stop: AbortSignal): Promise<void> {
    const ended = new AbortController();
    try {
      const { topic } = this.options;
      this.stream = await unlessAborted(Promise.race([this.join(topic), this.lost.promise]), stop);
      if (!this.stream) return;
      this.stream.on('data', (message) => this.process(message));
      this.consumer.startLagMonitoring({ topics: [topic] }, LAG_INTERVAL_MS);
      await unlessAborted(Promise.race([this.commitPeriodically(ended.signal), this.lost.promise]), stop);
      await this.drain();
    } finally {
      this.isOver = true;
      ended.abort();
      await this.leave();
    }
  }

  private join(topic: string): Promise<Stream> {
    const options = { mode: 'committed', fallbackMode: 'earliest', autocommit: false } as const;
    return new Promise((resolve, reject) => {
      this.consumer.consume({ topics: [topic], ...options }, (error, stream) => {
        if (!stream) {
          reject(error!);
          return;
        }
        // Synchronously: the stream may fail before a promise is awaited.
        stream.on('error', this.lost.reject);
        resolve(stream);
      });
    });
  }

  private process(message: Message): void {
    const { topic, partition, offset, headerEntries } = message;
    const complete = this.trackerOf(partition).add(offset);
    if (++this.inFlight >= MAX_IN_FLIGHT) this.stream!.pause();
    const headers = headerEntries.map(([name, value]) => [String(name), value ?? Buffer.alloc(0)] as const);
    const inbound = { topic, partition, offset, key: message.key, value: message.value, headers };
    this.options
      .handle(inbound)
      .then(complete, this.lost.reject)
      .finally(() => {
        this.inFlight--;
        if (!this.isOver && this.inFlight < MAX_IN_FLIGHT / 2 && this.stream!.isPaused())
          this.stream!.resume();
      });
  }

  private skip(partition: number, start: bigint, end: bigint): void {
    // The library's own key for a partition.
    const committed = this.stream?.offsetsCommitted.get(`${this.options.topic}:${partition}`);
    this.trackerOf(partition).skip(start, end, committed);
  }

  private trackerOf(partition: number): OffsetTracker {
    let tracker = this.trackers.get(partition);
    if (!tracker) this.trackers.set(partition, (tracker = new OffsetTracker()));
    return tracker;
  }

  private async commitPeriodically(ended: AbortSignal): Promise<void> {
    while (await sleepUnlessAborted(COMMIT_INTERVAL_MS, ended)) {
      // A rebalance allows no commit; the next interval commits.
      if (this.consumer.isActive()) await this.commit();
    }
  }

  private async commit(): Promise<void> {
    const { topic } = this.options;
    const assignedPartitions =
      this.consumer.assignments?.find((assignment) => assignment.topic === topic)?.partitions ?? [];
    const offsets = assignedPartitions.flatMap((partition) => {
      const offset = this.trackers.get(partition)?.position;
      return offset === undefined ? [] : [{ topic, partition, offset, leaderEpoch: ANY_EPOCH }];
    });
    if (offsets.length === 0) return;
    await this.consumer.commit({ offsets });
    for (const { partition, offset } of offsets) this.trackers.get(partition)!.commit(offset);
  }

  private async drain(): Promise<void> {
    this.isOver = true;
    this.stream!.pause();
    await pollUntil(() => this.inFlight === 0, DRAIN_TIMEOUT_MS);
    if (this.consumer.isActive()) await this.commit();
  }

  private async leave(): Promise<void> {
    this.consumer.stopLagMonitoring();
    this.options.onLag(new Map());
    try {
      await withTimeout(this.consumer.close(true), LEAVE_TIMEOUT_MS);
    } catch (error) {
      logger.warn(
        `could not leave the consumer group, which removes the member after its session: ${reasonOf(error)}`,
      );
    }
  }
}

/** The lag of the assigned partitions; the library reports a negative lag for others. */
function assigned(lags: readonly bigint[]): Map<number, number> {
  return new Map(
    lags.map((lag, partition) => [partition, Number(lag)] as const).filter(([, lag]) => lag >= 0),
  );
}
