/** What the core sends requests to. */
export type Dependency = 'api' | 'kafka';

/** Is informed of whether the dependencies answer. */
export abstract class DependencyHealth {
  /** A dependency has answered, even if it has rejected the request. */
  abstract answered(dependency: Dependency): void;
  abstract unavailable(dependency: Dependency, reason: string): void;
}

/** Counts the requests that are sent again. */
export abstract class RetryMetrics {
  abstract retried(dependency: Dependency): void;
}
