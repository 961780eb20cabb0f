import { Injectable, Logger } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { StoreUnavailable } from '../../application/operations/store-unavailable.js';
import { PostgresFeedConsumers } from '../postgres/feed/postgres-feed-consumers.js';

/**
 * How far each consumer of the event feed is behind, looked up when Prometheus asks. The api exports it, since a consumer that is
 * dead exports nothing.
 */
@Injectable()
export class FeedMetrics {
  private readonly logger = new Logger(FeedMetrics.name);
  private readonly lag: Gauge<'consumer'>;
  private readonly age: Gauge<'consumer'>;
  private readonly lastSeenAge: Gauge<'consumer'>;
  private readonly unplacedAge: Gauge;
  private measuring: Promise<void> | undefined;

  constructor(
    registry: Registry,
    private readonly consumers: PostgresFeedConsumers,
  ) {
    // The gauges are asked at the same time, and are answered by one look. Every process reads the same from the database.
    const collect = () => (this.measuring ??= this.measure().finally(() => (this.measuring = undefined)));
    const options = { registers: [registry], aggregator: 'max' as const, collect };
    const ofConsumers = { ...options, labelNames: ['consumer' as const] };
    this.lag = new Gauge({
      ...ofConsumers,
      name: 'feed_consumer_lag_events',
      help: 'Events of the feed that the consumer has not read.',
    });
    this.age = new Gauge({
      ...ofConsumers,
      name: 'feed_consumer_lag_seconds',
      help: 'How long the oldest event that the consumer has not read has waited; 0 without one.',
    });
    this.lastSeenAge = new Gauge({
      ...ofConsumers,
      name: 'feed_consumer_last_seen_age_seconds',
      help: 'How long ago the consumer last stored its position or extended its lease.',
    });
    this.unplacedAge = new Gauge({
      ...options,
      name: 'feed_unplaced_age_seconds',
      help: 'How long the oldest committed event has waited for its position in the feed; 0 without one.',
    });
  }

  private async measure(): Promise<void> {
    const gauges = [this.lag, this.age, this.lastSeenAge];
    for (const gauge of gauges) gauge.reset();
    try {
      this.unplacedAge.set(await this.consumers.unplacedAgeSeconds());
      for (const { name: consumer, ...found } of await this.consumers.list()) {
        this.lag.set({ consumer }, found.lag);
        this.age.set({ consumer }, found.lagSeconds);
        this.lastSeenAge.set({ consumer }, found.lastSeenAgeSeconds);
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      for (const gauge of gauges) gauge.reset();
      this.unplacedAge.remove();
      this.logger.warn(`metric skipped: ${error.message}`);
    }
  }
}
