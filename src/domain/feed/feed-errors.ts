import { DomainError } from '../domain-error.js';
import { type FeedPosition, formatPosition } from './feed-position.js';

/** The range of events that the feed retains. */
export interface FeedRange {
  /** The position before the oldest event that is retained. */
  readonly oldest: FeedPosition;
  /** The position of the newest event. */
  readonly latest: FeedPosition;
}

/** The events after this position are unknown: they were trimmed, or the position belongs to another epoch. */
export class FeedPositionGone extends DomainError {
  readonly code = 'feed.position-gone';

  constructor(
    readonly position: FeedPosition,
    readonly range: FeedRange,
  ) {
    super(
      position.epoch === range.oldest.epoch
        ? position.number < range.oldest.number
          ? `Events after the position ${formatPosition(position)} have been trimmed.`
          : `The position ${formatPosition(position)} is ahead of the feed.`
        : `The position ${formatPosition(position)} is from an earlier epoch: the database was restored, or has failed over.`,
    );
  }

  override get facts() {
    const { oldest, latest } = this.range;
    return { epoch: oldest.epoch, oldest: formatPosition(oldest), latest: formatPosition(latest) };
  }
}

export class ConsumerNotFound extends DomainError {
  readonly code = 'consumer.not-found';

  constructor(name: string) {
    super(`There is no consumer ${name}.`);
  }
}

/** The consumer was created by another key, or belongs to the service itself. */
export class ConsumerOwnedByAnother extends DomainError {
  readonly code = 'consumer.owned-by-another';

  constructor(name: string) {
    super(`The consumer ${name} belongs to another key: its own key or an admin can change it.`);
  }
}

export class TooManyConsumers extends DomainError {
  readonly code = 'consumer.limit-reached';

  constructor(limit: number) {
    super(`There are ${limit} consumers already: delete one that is not in use.`);
  }
}
