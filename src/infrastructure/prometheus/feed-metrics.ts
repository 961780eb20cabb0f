import { Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';
import { PostgresFeedConsumers } from '../postgres/feed/postgres-feed-consumers.js';
import { registerStoreGauges } from './store-gauges.js';

const labelNames = ['consumer'];

const GAUGES = {
  lag: {
    name: 'feed_consumer_lag_events',
    help: 'Events of the feed that the consumer has not read.',
    labelNames,
  },
  age: {
    name: 'feed_consumer_lag_seconds',
    help: 'How long the oldest event that the consumer has not read has waited; 0 without one.',
    labelNames,
  },
  lastSeenAge: {
    name: 'feed_consumer_last_seen_age_seconds',
    help: 'How long ago the consumer last stored its position or extended its lease.',
    labelNames,
  },
  unplacedAge: {
    name: 'feed_unplaced_age_seconds',
    help: 'How long the oldest committed event has waited for its position in the feed; 0 without one.',
  },
};

/** How far each consumer of the event feed is behind. The api exports it, since a consumer that is dead exports nothing. */
@Injectable()
export class FeedMetrics {
  constructor(registry: Registry, consumers: PostgresFeedConsumers) {
    registerStoreGauges(registry, GAUGES, async ({ lag, age, lastSeenAge, unplacedAge }) => {
      unplacedAge.set(await consumers.unplacedAgeSeconds());
      for (const { name: consumer, ...found } of await consumers.list()) {
        lag.set({ consumer }, found.lag);
        age.set({ consumer }, found.lagSeconds);
        lastSeenAge.set({ consumer }, found.lastSeenAgeSeconds);
      }
    });
  }
}
