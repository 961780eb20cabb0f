import { Injectable, Logger } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { StoreUnavailable } from '../../application/operations/store-unavailable.js';
import { EventOutbox, MAX_WAITING } from '../postgres/feed/event-outbox.js';

/**
 * What waits to be passed on, and whether somebody does that, looked up when Prometheus asks. The api processes show it too: a
 * worker that is dead shows nothing.
 */
@Injectable()
export class OutboxMetrics {
  private readonly logger = new Logger(OutboxMetrics.name);

  private readonly size: Gauge;
  private readonly age: Gauge;
  private readonly lastSeenAge: Gauge<'consumer'>;
  private measuring: Promise<void> | undefined;

  constructor(
    registry: Registry,
    private readonly outbox: EventOutbox,
  ) {
    // The gauges are asked at the same time, and are answered by one look. Every process reads the same from the database.
    const collect = () => (this.measuring ??= this.measure().finally(() => (this.measuring = undefined)));
    const options = { registers: [registry], aggregator: 'max' as const, collect };
    this.size = new Gauge({
      ...options,
      name: 'event_outbox_size',
      help: `Events that wait to be passed on; counted up to ${MAX_WAITING}.`,
    });
    this.age = new Gauge({
      ...options,
      name: 'event_outbox_oldest_age_seconds',
      help: `Age of the oldest event that waits to be passed on, of the first ${MAX_WAITING}; 0 without one.`,
    });
    this.lastSeenAge = new Gauge({
      ...options,
      name: 'event_consumer_last_seen_age_seconds',
      help: 'How long ago a worker of this consumer was last seen; no series before the first worker.',
      labelNames: ['consumer'],
    });
  }

  private async measure(): Promise<void> {
    this.lastSeenAge.reset();
    try {
      const [{ size, age }, consumers] = await Promise.all([this.outbox.measure(), this.outbox.consumers()]);
      this.size.set(size);
      this.age.set(age);
      for (const { name, lastSeenAge } of consumers) this.lastSeenAge.set({ consumer: name }, lastSeenAge);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.size.remove();
      this.age.remove();
      this.logger.warn(`a metric is left out: ${error.message}`);
    }
  }
}
