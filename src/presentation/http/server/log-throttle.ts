/** How often a line of one kind is logged at most, in milliseconds. */
const INTERVAL_MS = 1_000;

/** More kinds at once share one, so that nobody can make the log or this memory grow by new ones. */
const MAX_KINDS = 1_000;
const OTHER = 'other';

interface Kind<Line> {
  loggedAt: number;
  /** The last line that was not logged. */
  last: Line | undefined;
  unlogged: number;
}

/**
 * Logs what repeats: of each kind the first line at once, and then one a second at most, the last one, which says in `suppressed`
 * how many others there were.
 */
export class LogThrottle<Line extends object> {
  private readonly kinds = new Map<string, Kind<Line>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly write: (line: Line & { readonly suppressed?: number }) => void) {}

  log(name: string, line: Line): void {
    const kind = this.kinds.get(name) ?? (this.kinds.size < MAX_KINDS ? undefined : this.kinds.get(OTHER));
    if (kind) {
      kind.last = line;
      kind.unlogged++;
      return;
    }
    const isOther = this.kinds.size >= MAX_KINDS;
    this.kinds.set(isOther ? OTHER : name, { loggedAt: performance.now(), last: undefined, unlogged: 0 });
    this.write(line);
    this.timer ??= setInterval(() => this.flush(INTERVAL_MS), INTERVAL_MS).unref();
  }

  /** Logs what has not been logged for so long, in milliseconds. */
  flush(since = 0): void {
    const now = performance.now();
    for (const [name, kind] of this.kinds) {
      if (now - kind.loggedAt < since) continue;
      if (kind.last) {
        this.write(kind.unlogged > 1 ? { ...kind.last, suppressed: kind.unlogged - 1 } : kind.last);
        Object.assign(kind, { loggedAt: now, last: undefined, unlogged: 0 });
      } else this.kinds.delete(name);
    }
    if (this.kinds.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
