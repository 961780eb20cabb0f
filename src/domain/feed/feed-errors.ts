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
  constructor(
    position: FeedPosition,
    readonly range: FeedRange,
  ) {
    const { oldest, latest } = range;
    super('feed.position-gone', messageFor(position, oldest), {
      epoch: oldest.epoch,
      oldest: formatPosition(oldest),
      latest: formatPosition(latest),
    });
  }
}

function messageFor(position: FeedPosition, oldest: FeedPosition): string {
  const text = formatPosition(position);
  if (position.epoch !== oldest.epoch)
    return `The position ${text} is from an earlier epoch: the database was restored, or has failed over.`;
  if (position.number < oldest.number) return `Events after the position ${text} have been trimmed.`;
  return `The position ${text} is ahead of the feed.`;
}

export class ConsumerNotFound extends DomainError {
  constructor(name: string) {
    super('consumer.not-found', `There is no consumer ${name}.`);
  }
}

/** The consumer was created by another key, or belongs to the service itself. */
export class ConsumerOwnedByAnother extends DomainError {
  constructor(name: string) {
    super(
      'consumer.owned-by-another',
      `The consumer ${name} belongs to another key: its own key or an admin can change it.`,
    );
  }
}

/** Another instance of the consumer's reader has stored its position, and may do so again. */
export class ConsumerHeldByAnother extends DomainError {
  constructor(name: string) {
    super('consumer.held-by-another', `Another holder reads for the consumer ${name}.`);
  }
}

export class TooManyConsumers extends DomainError {
  constructor(limit: number) {
    super('consumer.limit-reached', `There are ${limit} consumers already: delete one that is not in use.`);
  }
}
