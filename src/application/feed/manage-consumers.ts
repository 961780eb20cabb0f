import { Injectable } from '@nestjs/common';
import {
  ConsumerHeldByAnother,
  ConsumerNotFound,
  ConsumerOwnedByAnother,
  TooManyConsumers,
} from '../../domain/feed/feed-errors.js';
import type { FeedStart } from '../../domain/feed/feed-position.js';
import { EventFeed } from './event-feed.js';
import {
  type ConsumerManager,
  type ConsumerProgress,
  type FeedConsumer,
  FeedConsumers,
  SERVICE_CONSUMERS,
} from './feed-consumers.js';

/** Those of the service are not counted. Bounded, because each delays the trimming of the feed and has its own metric series. */
export const MAX_CONSUMERS = 100;

const SERVICE_NAMES: ReadonlySet<string> = new Set(Object.values(SERVICE_CONSUMERS));

/** Manages the named readers of the feed, with their positions and lag. */
@Injectable()
export class ManageConsumers {
  /** Ends with the creation of a consumer that is in flight. */
  private creation: Promise<unknown> = Promise.resolve();

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
   * Stores the progress of a consumer, and creates the consumer if it does not exist.
   * @throws FeedPositionGone, ConsumerOwnedByAnother, ConsumerHeldByAnother, TooManyConsumers
   */
  async store(
    name: string,
    { position: start, metadata, holder }: ConsumerProgress<FeedStart>,
    manager: ConsumerManager,
  ): Promise<{ readonly consumer: FeedConsumer; readonly isNew: boolean }> {
    const existing = await this.consumers.find(name);
    if (existing || SERVICE_NAMES.has(name)) requireOwner({ name, owner: existing?.owner }, manager);
    const store = async () => {
      const position = await this.feed.resolve(start);
      return this.consumers.store(name, { position, metadata, holder }, manager);
    };
    const isNew = await (existing ? store() : this.createInTurn(name, store));
    const consumer = await this.get(name);
    if (isNew !== undefined) return { consumer, isNew };
    // Another key may have created it meanwhile.
    requireOwner(consumer, manager);
    throw new ConsumerHeldByAnother(name);
  }

  /**
   * Creates one consumer at a time, so that each creation counts those before it. Several processes may exceed the limit by one each.
   * @throws TooManyConsumers
   */
  private createInTurn<Result>(name: string, create: () => Promise<Result>): Promise<Result> {
    const created = this.creation.then(async () => {
      const all = (await this.consumers.list()).filter((consumer) => !SERVICE_NAMES.has(consumer.name));
      if (all.length >= MAX_CONSUMERS && !all.some((consumer) => consumer.name === name))
        throw new TooManyConsumers(MAX_CONSUMERS);
      return create();
    });
    this.creation = created.catch(() => undefined);
    return created;
  }

  /** @throws ConsumerNotFound, ConsumerOwnedByAnother */
  async delete(name: string, manager: ConsumerManager): Promise<void> {
    requireOwner(await this.get(name), manager);
    if (!(await this.consumers.delete(name))) throw new ConsumerNotFound(name);
  }
}

/** A position that another principal stores could make the consumer repeat or miss events. */
function requireOwner(
  { name, owner }: Pick<FeedConsumer, 'name' | 'owner'>,
  { principal, isAdmin }: ConsumerManager,
): void {
  if (!isAdmin && owner !== principal) throw new ConsumerOwnedByAnother(name);
}
