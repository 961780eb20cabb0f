/** The latest episodes of an alert, each by the time when it began; undefined where none is known. */
export interface Episodes {
  /** The one that was reported. */
  readonly reported: Date | undefined;
  /** The one that was resolved, and when that was recorded. */
  readonly resolved: Date | undefined;
  readonly resolvedAt: Date | undefined;
}

/** An episode of an alert. */
export interface Episode {
  readonly dedupKey: string;
  readonly startsAt: Date;
}

/**
 * Which episodes of alerts were reported and resolved, so that a notification that comes late is told from news. A later
 * episode replaces an earlier one, and never the other way round.
 */
export abstract class AlertEpisodes {
  /** What is known of the alerts with these deduplication keys; nothing for the others. */
  abstract find(dedupKeys: readonly string[]): Promise<ReadonlyMap<string, Episodes>>;

  /** Records that episodes were reported, and gives what is known of their alerts since. */
  abstract recordReported(episodes: readonly Episode[], at: Date): Promise<ReadonlyMap<string, Episodes>>;

  /** The same for episodes that were resolved. */
  abstract recordResolved(episodes: readonly Episode[], at: Date): Promise<ReadonlyMap<string, Episodes>>;
}
