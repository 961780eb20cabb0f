/** How much of what is allowed in a minute is left. */
export interface RateLimitStatus {
  /** How many a minute. */
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until all of it is there again; at least 1. */
  readonly resetsIn: number;
  readonly isExceeded: boolean;
  /** How many of those that were counted are over the limit. */
  readonly exceededBy: number;
}

/**
 * Counts, by the minute. It never fails and hardly waits: where a store is shared with other processes and does not
 * answer, each process counts for itself.
 */
export abstract class RateLimiter {
  /** Whether there is a limit to requests at all. */
  abstract readonly limitsRequests: boolean;

  /** Counts a request of this principal, or so many at once: the lines of a stream, or the alerts of a notification. */
  abstract countRequest(principal: string, times?: number): Promise<RateLimitStatus>;

  /** Counts an attempt from this network to come in without a valid key. */
  abstract countFailure(network: string): Promise<RateLimitStatus>;
}
