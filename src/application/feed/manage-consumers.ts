import { Injectable } from '@nestjs/common';
import { ConsumerNotFound, ConsumerOwnedByAnother, TooManyConsumers } from '../../domain/feed/feed-errors.js';
import type { FeedStart } from '../../domain/feed/feed-position.js';
import { EventFeed } from './event-feed.js';
import { type FeedConsumer, FeedConsumers } from './feed-consumers.js';

/** Bounded, because each consumer delays the trimming of the feed and has its own metric series. */
export const MAX_CONSUMERS = 100;

/** The client that changes a consumer. */
export interface ConsumerManager {
  readonly principal: string;
  /** Whether it may also change consumers of other principals. */
  readonly isAdmin: boolean;
}

/** Manages the named readers of the feed, with their positions and lag. */
@Injectable()
export class ManageConsumers {
  constructor(
    private readonly consumers: FeedConsumers,
    private readonly feed: EventFeed,
  ) {}

  list(): Promise<FeedConsumer[]> {
    return this.consumers.list();
  }

  /** @throws ConsumerNotFound */
  async get(name: string): Promise<FeedConsumer> {
    const consumer = await this.consumers.find(name);
    if (!consumer) throw new ConsumerNotFound(name);
    return consumer;
  }

  /**
   * Stores the position of a consumer, and creates the consumer if it does not exist.
   * @throws FeedPositionGone, ConsumerOwnedByAnother, TooManyConsumers
   */
  async store(
    name: string,
    start: FeedStart,
    manager: ConsumerManager,
  ): Promise<{ readonly consumer: FeedConsumer; readonly isNew: boolean }> {
    const all = await this.consumers.list();
    const existing = all.find((consumer) => consumer.name === name);
    if (existing) requireOwner(existing, manager);
    else if (all.length >= MAX_CONSUMERS) throw new TooManyConsumers(MAX_CONSUMERS);
    const isNew = await this.consumers.store(name, await this.feed.resolve(start), manager.principal);
    return { consumer: await this.get(name), isNew };
  }

  /** @throws ConsumerNotFound, ConsumerOwnedByAnother */
  async delete(name: string, manager: ConsumerManager): Promise<void> {
    requireOwner(await this.get(name), manager);
    if (!(await this.consumers.delete(name))) throw new ConsumerNotFound(name);
  }
}

/** A position that another principal stores could make the consumer repeat or miss events. */
function requireOwner({ name, owner }: FeedConsumer, { principal, isAdmin }: ConsumerManager): void {
  if (!isAdmin && owner !== principal) throw new ConsumerOwnedByAnother(name);
}
