/** A position in the event feed: everything up to it has been read. Numbers grow with each event. */
export interface FeedPosition {
  /** The epoch of the feed. A restore or a failover of the database begins a new epoch, whose numbers refer to other events. */
  readonly epoch: number;
  readonly number: number;
}

/** Where to read from: after a position, from the oldest event that is retained, or from now on. */
export type FeedStart = FeedPosition | 'oldest' | 'latest';

/** The format of a start in requests. */
export const FEED_START = /^(?:oldest|latest|(?:0|[1-9]\d{0,14})\.(?:0|[1-9]\d{0,14}))$/;

/** The position as a text, such as `3.1871`. */
export const formatPosition = ({ epoch, number }: FeedPosition): string => `${epoch}.${number}`;

/** @returns undefined if the text is not a start. */
export function parseFeedStart(text: string): FeedStart | undefined {
  if (!FEED_START.test(text)) return undefined;
  if (text === 'oldest' || text === 'latest') return text;
  const [epoch, number] = text.split('.').map(Number);
  return { epoch: epoch!, number: number! };
}
