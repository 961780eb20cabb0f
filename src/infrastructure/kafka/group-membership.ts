import { Logger } from '@nestjs/common';
import type { Message, MessagesStream } from '@platformatic/kafka';
import type { InboundMessage } from '../../application/intake/message-broker.js';
import type { Config } from '../../config/config.js';
import { sleepUnlessAborted, unlessAborted } from '../../shared/abort.js';
import { pollUntil, withTimeout } from '../../shared/timeout.js';
import { reasonOf } from '../postgres/connection/database-errors.js';
import { clientOptions } from './client-options.js';
import { OffsetTracker } from './offset-tracker.js';
import { ReadCommittedConsumer } from './read-committed-consumer.js';

/** How many messages are worked on at once: some batches of the database, far below what its queues take. */
const MAX_IN_HAND = 1_000;

/** In milliseconds. A worker that is killed is replaced after the session; a smaller one brokers refuse by default. */
const GROUP = { sessionTimeout: 6_000, heartbeatInterval: 1_500, rebalanceTimeout: 20_000 } as const;

/** How much is fetched at once, in bytes, and how long the broker may wait for something to give, in milliseconds. */
const FETCH = { maxBytes: 1024 * 1024, maxBytesPerPartition: 256 * 1024, maxWaitTime: 500 } as const;

/** Between two commits of offsets, and two looks at the lag, in milliseconds. */
const COMMIT_INTERVAL = 200;
const LAG_INTERVAL = 2_000;

/** At shutdown: how long in-flight messages may take, and leaving the group, in milliseconds. */
const FINISHING = 10_000;
const LEAVE_TIMEOUT_MS = 5_000;

/** The epoch of a leader that a commit may name, and need not. */
const ANY_EPOCH = -1;

type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;

const logger = new Logger('Kafka');

export interface MembershipOptions {
  readonly config: Config;
  readonly topic: string;
  /** Resolves when the message is settled, so that its offset may be committed; rejects when it gave up, being told to stop. */
  readonly take: (message: InboundMessage) => Promise<void>;
  /** Hears how far the group is behind, by partition, for those that this session has. */
  readonly onLag: (lag: ReadonlyMap<number, number>) => void;
}

/**
 * A membership in the consumer group, from joining to leaving or to the first thing that goes wrong with it. Another one then
 * begins where this one's commits end: what had been read and not committed is read again.
 */
export class GroupMembership {
  private readonly consumer: ReadCommittedConsumer;
  private readonly partitions = new Map<number, OffsetTracker>();
  private readonly lost = Promise.withResolvers<never>();
  private stream: Stream | undefined;
  private inHand = 0;
  private isOver = false;

  constructor(private readonly options: MembershipOptions) {
    const { config } = options;
    this.consumer = new ReadCommittedConsumer({
      ...clientOptions(config),
      groupId: config.KAFKA_GROUP,
      ...GROUP,
      ...FETCH,
    });
    // Whoever waits for it is not there before it runs.
    this.lost.promise.catch(() => undefined);
    this.consumer.onSkipped = (partition, start, end) => this.skip(partition, start, end);
    this.consumer.on('error', this.lost.reject);
    this.consumer.on('consumer:group:join', () => {
      for (const progress of this.partitions.values()) progress.reassigned();
    });
    this.consumer.on('consumer:lag', (lag) => options.onLag(assigned(lag.get(options.topic) ?? [])));
  }

  /** Resolves when it was told to stop and has finished what it had in hand; rejects when the membership is lost. */
  async run(stop: AbortSignal): Promise<void> {
    const ended = new AbortController();
    try {
      const { topic } = this.options;
      this.stream = await unlessAborted(Promise.race([this.join(topic), this.lost.promise]), stop);
      if (!this.stream) return;
      this.stream.on('data', (message) => this.begin(message));
      this.consumer.startLagMonitoring({ topics: [topic] }, LAG_INTERVAL);
      await unlessAborted(Promise.race([this.keepCommitting(ended.signal), this.lost.promise]), stop);
      await this.finish();
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
        // At once: where the session is over meanwhile, the stream fails before a promise is heard of.
        stream.on('error', this.lost.reject);
        resolve(stream);
      });
    });
  }

  private begin(message: Message): void {
    const { topic, partition, offset, headerEntries } = message;
    const settled = this.progressOf(partition).begin(offset);
    if (++this.inHand >= MAX_IN_HAND) this.stream!.pause();
    const headers = headerEntries.map(([name, value]) => [String(name), value ?? Buffer.alloc(0)] as const);
    const inbound = { topic, partition, offset, key: message.key, value: message.value, headers };
    this.options
      .take(inbound)
      .then(settled, this.lost.reject)
      .finally(() => {
        this.inHand--;
        if (!this.isOver && this.inHand < MAX_IN_HAND / 2 && this.stream!.isPaused()) this.stream!.resume();
      });
  }

  private skip(partition: number, start: bigint, end: bigint): void {
    // The library's own key for a partition.
    const committed = this.stream?.offsetsCommitted.get(`${this.options.topic}:${partition}`);
    this.progressOf(partition).skip(start, end, committed);
  }

  private progressOf(partition: number): OffsetTracker {
    let progress = this.partitions.get(partition);
    if (!progress) this.partitions.set(partition, (progress = new OffsetTracker()));
    return progress;
  }

  private async keepCommitting(ended: AbortSignal): Promise<void> {
    while (await sleepUnlessAborted(COMMIT_INTERVAL, ended)) {
      // While the group shares out its partitions anew, nothing can be committed: it is when that is done.
      if (this.consumer.isActive()) await this.commit();
    }
  }

  private async commit(): Promise<void> {
    const { topic } = this.options;
    const mine =
      this.consumer.assignments?.find((assignment) => assignment.topic === topic)?.partitions ?? [];
    const offsets = mine.flatMap((partition) => {
      const offset = this.partitions.get(partition)?.position;
      return offset === undefined ? [] : [{ topic, partition, offset, leaderEpoch: ANY_EPOCH }];
    });
    if (offsets.length === 0) return;
    await this.consumer.commit({ offsets });
    for (const { partition, offset } of offsets) this.partitions.get(partition)!.commit(offset);
  }

  private async finish(): Promise<void> {
    this.isOver = true;
    this.stream!.pause();
    await pollUntil(() => this.inHand === 0, FINISHING);
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

/** The partitions that have a lag here: of the others it is below zero. */
function assigned(lags: readonly bigint[]): Map<number, number> {
  return new Map(
    lags.map((lag, partition) => [partition, Number(lag)] as const).filter(([, lag]) => lag >= 0),
  );
}
