import type { FeedEvent, FeedPage } from '../../application/feed/event-feed.js';
import type { FollowFeed } from '../../application/feed/follow-feed.js';
import type { Config } from '../../config/config.js';
import type { IncidentEvent } from '../../domain/incident/incident-events.js';
import type { IncidentId } from '../../domain/incident/incident-state.js';
import type { ConsumerLease } from '../postgres/feed/consumer-lease.js';
import { type FeedBatch, LeasedFeedReader } from '../postgres/feed/leased-feed-reader.js';
import { topicsOf } from './client-options.js';
import type { KafkaProducer } from './kafka-producer.js';

/** Below the default limit of a batch to a partition (1 MiB). */
const MAX_BATCH_BYTES = 512 * 1024;

/** Encodes an event as a message. */
export type ToMessage = (
  incidentId: IncidentId,
  event: IncidentEvent,
) => { readonly key: string; readonly value: string };

/** Sends the events of the feed to the topic `<prefix>.events`, each at least once and those of an incident in order. */
export class EventRelay {
  private readonly topic: string;
  private readonly reader: LeasedFeedReader<FeedPage>;

  constructor(
    config: Config,
    private readonly lease: ConsumerLease,
    feed: FollowFeed,
    private readonly producer: KafkaProducer,
    private readonly toMessage: ToMessage,
  ) {
    this.topic = topicsOf(config).events;
    this.reader = new LeasedFeedReader(lease, {
      name: 'event relay',
      context: 'Kafka',
      pages: (options) => feed.execute(options),
      batchesOf: ({ events }) => this.batchesOf(events),
    });
  }

  /** The first start registers the consumer at the latest position: earlier events are not sent. */
  async start(): Promise<void> {
    await this.lease.register();
    this.reader.start();
  }

  /** Finishes the batch in flight, and releases the lease. */
  async stop(): Promise<void> {
    await this.reader.stop();
  }

  private *batchesOf(events: readonly FeedEvent[]): Generator<FeedBatch> {
    for (const batch of batchesOf(events, this.toMessage)) {
      yield {
        last: batch.at(-1)!.event.position,
        handle: () =>
          this.producer.send(batch.map(({ message }) => Object.assign({ topic: this.topic }, message))),
      };
    }
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
