/** Lines of one kind are logged at most once per interval. */
const INTERVAL_MS = 1_000;

/** Further kinds share one, so that clients cannot make the log or this memory grow with new ones. */
const MAX_KINDS = 1_000;
const OTHER = 'other';

interface Kind<Line> {
  loggedAt: number;
  /** The last line that was not logged. */
  last: Line | undefined;
  unlogged: number;
}

/**
 * Logs lines that repeat: the first line of each kind at once, then at most the last one of each second, which says in
 * `suppressed` how many others it stands for.
 */
export class LogThrottle<Line extends object> {
  private readonly kinds = new Map<string, Kind<Line>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly write: (line: Line & { readonly suppressed?: number }) => void) {}

  /** @param key of the kind of line. */
  log(key: string, line: Line): void {
    const kind = this.kinds.get(key) ?? (this.kinds.size < MAX_KINDS ? undefined : this.kinds.get(OTHER));
    if (kind) {
      kind.last = line;
      kind.unlogged++;
      return;
    }
    const isOther = this.kinds.size >= MAX_KINDS;
    this.kinds.set(isOther ? OTHER : key, { loggedAt: performance.now(), last: undefined, unlogged: 0 });
    this.write(line);
    this.timer ??= setInterval(() => this.flush(INTERVAL_MS), INTERVAL_MS).unref();
  }

  /** Logs the last line of each kind. @param minAgeMs only of kinds that were not logged for so long. */
  flush(minAgeMs = 0): void {
    const now = performance.now();
    for (const [key, kind] of this.kinds) {
      if (now - kind.loggedAt < minAgeMs) continue;
      if (kind.last) {
        this.write(kind.unlogged > 1 ? { ...kind.last, suppressed: kind.unlogged - 1 } : kind.last);
        Object.assign(kind, { loggedAt: now, last: undefined, unlogged: 0 });
      } else this.kinds.delete(key);
    }
    if (this.kinds.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
