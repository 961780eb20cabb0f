/** What is left of the limit of this minute. */
export interface RateLimitStatus {
  /** Per minute. */
  readonly limit: number;
  readonly remaining: number;
  /** Until the full limit is available again; at least 1. */
  readonly resetsInSeconds: number;
  readonly isExceeded: boolean;
  /** How far the count is over the limit; 0 if a client over it is not counted any more. */
  readonly exceededBy: number;
}

/**
 * Counts per minute. It never fails and hardly waits: if the store that processes share does not answer, each process
 * counts for itself.
 */
export abstract class RateLimiter {
  /** Whether requests are limited at all. */
  abstract readonly limitsRequests: boolean;

  /** @param count several requests at once: the lines of a stream, or the alerts of a notification. */
  abstract countRequest(principal: string, count?: number): Promise<RateLimitStatus>;

  /** Counts a request without a valid key. */
  abstract countFailure(network: string): Promise<RateLimitStatus>;
}
