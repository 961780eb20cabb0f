import { Logger } from '@nestjs/common';
import type { FeedEvent } from '../../application/feed/event-feed.js';
import type { FollowFeed } from '../../application/feed/follow-feed.js';
import type { Config } from '../../config/config.js';
import { FeedPositionGone } from '../../domain/feed/feed-errors.js';
import { type FeedPosition, formatPosition } from '../../domain/feed/feed-position.js';
import type { IncidentEvent } from '../../domain/incident/incident-events.js';
import type { IncidentId } from '../../domain/incident/incident.js';
import { sleepUnlessAborted } from '../../shared/abort.js';
import { backoffMs } from '../../shared/backoff.js';
import { reasonOf } from '../postgres/connection/database-errors.js';
import { type ConsumerLease, type Lease, LEASE_MS } from '../postgres/feed/consumer-lease.js';
import { topicsOf } from './client-options.js';
import type { KafkaProducer } from './kafka-producer.js';

/** How often a standby process tries to acquire the lease. */
const STANDBY_MS = 1_000;

/** How often the lease is checked while there are no events. */
const IDLE_MS = 5_000;

/** A lease with less time left is extended: sending a batch must not outlast it. */
const MIN_LEASE_MS = LEASE_MS - 10_000;

/** Below the default limit of a batch to a partition (1 MiB). */
const MAX_BATCH_BYTES = 512 * 1024;

/** Encodes an event as a message. */
export type ToMessage = (
  incidentId: IncidentId,
  event: IncidentEvent,
) => { readonly key: string; readonly value: string };

/** Sends the events of the feed to the topic `<prefix>.events`, each at least once and those of an incident in order. */
export class EventRelay {
  private readonly logger = new Logger('Kafka');
  private readonly stopping = new AbortController();
  private readonly topic: string;
  private running: Promise<void> | undefined;

  constructor(
    config: Config,
    private readonly lease: ConsumerLease,
    private readonly feed: FollowFeed,
    private readonly producer: KafkaProducer,
    private readonly toMessage: ToMessage,
  ) {
    this.topic = topicsOf(config).events;
  }

  /** The first start registers the consumer at the latest position: earlier events are not sent. */
  async start(): Promise<void> {
    await this.lease.register();
    this.running = this.run();
  }

  /** Finishes the batch in flight, and releases the lease. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const lease = await this.lease.acquire();
        if (lease) {
          await this.relay(lease, () => {
            if (failures > 0) this.logger.log('event relay recovered');
            failures = 0;
          });
        } else {
          // An admin may have deleted the consumer.
          await this.lease.register();
          await sleepUnlessAborted(STANDBY_MS, signal);
        }
      } catch (error) {
        const { cause = error } = error as Error;
        if (++failures === 1) this.logger.warn(`event relay stalled: ${reasonOf(cause)}`);
        await sleepUnlessAborted(backoffMs(failures, { maxMs: 10_000 }), signal);
      }
    }
    await this.lease.release().catch(() => undefined);
  }

  /** Sends events until this process loses the lease, or another position is stored. */
  private async relay(lease: Lease, onProgress: () => void): Promise<void> {
    const { signal } = this.stopping;
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
      for await (const { events } of this.feed.execute({ start: position, idleMs: IDLE_MS, signal })) {
        for (const batch of batchesOf(events, this.toMessage)) {
          if (signal.aborted || !(await keepLease())) return;
          await this.producer.send(batch.map(({ message }) => ({ topic: this.topic, ...message })));
          const next = batch.at(-1)!.event.position;
          if (!(await this.lease.advance(position, next))) return;
          position = next;
        }
        onProgress();
        if (!(await keepLease())) return;
      }
    } catch (error) {
      if (!(error instanceof FeedPositionGone)) throw error;
      // In a new epoch the stored position is still valid, and the next lease has it.
      if (error.range.oldest.epoch === position.epoch) await this.skipTo(error.range.oldest, position, error);
    }
  }

  private async skipTo(oldest: FeedPosition, position: FeedPosition, { message }: Error): Promise<void> {
    this.logger.error(`${message} Some events were not relayed; continuing at ${formatPosition(oldest)}.`);
    await this.lease.advance(position, oldest);
  }
}

interface Outgoing {
  readonly event: FeedEvent;
  readonly message: { readonly key: Buffer; readonly value: Buffer };
}

/** Encodes the events in order, and groups them into batches of at most `MAX_BATCH_BYTES`. */
function* batchesOf(events: readonly FeedEvent[], toMessage: ToMessage): Generator<Outgoing[]> {
  let batch: Outgoing[] = [];
  let bytes = 0;
  for (const event of events) {
    const { key, value } = toMessage(event.incidentId, event.event);
    const message = { key: Buffer.from(key), value: Buffer.from(value) };
    if (batch.length > 0 && bytes + message.value.length > MAX_BATCH_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push({ event, message });
    bytes += message.value.length;
  }
  if (batch.length > 0) yield batch;
}
