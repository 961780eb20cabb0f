/** The latest episodes of an alert. An episode is identified by its start; undefined if none is recorded. */
export interface Episodes {
  /** The start of the latest reported episode. */
  readonly reported: Date | undefined;
  /** The start of the latest resolved episode. */
  readonly resolved: Date | undefined;
  /** When its end was recorded. */
  readonly resolvedAt: Date | undefined;
}

/** An episode of an alert: from when it starts to fire until it is resolved. */
export interface Episode {
  readonly dedupKey: string;
  readonly startsAt: Date;
}

/**
 * Records which episodes of alerts were reported and resolved. This distinguishes late notifications from new ones. A later
 * episode replaces an earlier one, never the other way round.
 */
export abstract class AlertEpisodes {
  /** The recorded episodes by deduplication key. Alerts without recorded episodes are missing from the map. */
  abstract find(dedupKeys: readonly string[]): Promise<ReadonlyMap<string, Episodes>>;

  /** Records reported episodes, and returns the recorded episodes of their alerts afterwards. */
  abstract recordReported(episodes: readonly Episode[], at: Date): Promise<ReadonlyMap<string, Episodes>>;

  /** As `recordReported`, for resolved episodes. */
  abstract recordResolved(episodes: readonly Episode[], at: Date): Promise<ReadonlyMap<string, Episodes>>;
}
