import type { Attempt } from '../crash/client.ts';

/** Rejections by the rules, which clients and readers expect. */
const EXPECTED_REJECTIONS: ReadonlySet<string> = new Set([
  '409 idempotency.key-in-use',
  '409 incident.illegal-transition',
  // The epoch of the feed has changed.
  '410 feed.position-gone',
]);

/** The requests of a round. */
export class Attempts {
  readonly all: Attempt[] = [];
  private readonly writes: number[] = [];

  /** @param isWrite whether it reports or changes an incident. */
  add(attempt: Attempt, isWrite: boolean): void {
    this.all.push(attempt);
    if (isWrite && isSuccess(attempt)) this.writes.push(attempt.endedAt);
  }

  /** The number of acknowledged writes. */
  get acknowledged(): number {
    return this.writes.length;
  }

  count(predicate: (attempt: Attempt) => boolean): number {
    return this.all.filter(predicate).length;
  }

  /** The longest time without an acknowledged write from this time on, in milliseconds; times are milliseconds since 1970. */
  longestOutageMs(from: number, to: number): number {
    const before = this.writes.findLast((at) => at <= from) ?? from;
    const times = [before, ...this.writes.filter((at) => at > from && at < to), to].toSorted((a, b) => a - b);
    return Math.max(...times.slice(1).map((at, i) => at - times[i]!));
  }

  /** The requests that were answered otherwise than documented. */
  violations(mayLoseConnections: boolean): string[] {
    return this.all
      .filter((attempt) => !isExpected(attempt, mayLoseConnections))
      .map(({ summary }) => summary);
  }
}

export const isUnavailable = ({ status }: Attempt): boolean => status === 503;
export const isCut = ({ status }: Attempt): boolean => status === 0;

function isSuccess({ status }: Attempt): boolean {
  return status >= 200 && status < 300;
}

function isExpected(attempt: Attempt, mayLoseConnections: boolean): boolean {
  const { status, code, hasRetryAfter } = attempt;
  if (isSuccess(attempt)) return true;
  if (isUnavailable(attempt)) return hasRetryAfter;
  // A connection that breaks is one thing, a request without a response another.
  if (isCut(attempt)) return mayLoseConnections && code !== 'TimeoutError';
  return EXPECTED_REJECTIONS.has(`${status} ${code}`);
}
