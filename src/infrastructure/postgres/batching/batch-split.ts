import type { DatabaseError } from 'pg';
import { isDefinitelyNotApplied } from '../connection/database-errors.js';

/** How a batch that has changed nothing is retried: not at all, in two halves, or item by item. */
export type Split = 'none' | 'halves' | 'items';

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const LOCK_NOT_AVAILABLE = '55P03';
/** Read-only, disk full, out of memory, errors of the operating system. */
const CANNOT_WRITE = /^(25006|53100|53200|58)/;

/**
 * How a batch that failed with this error of the Database is retried.
 *
 * - A batch that may have changed something is never retried.
 * - If an item waited for a lock, each item is retried alone: its neighbours must not wait with it.
 * - If the server cannot write, no part is retried: it cannot write half of the items either.
 * - Otherwise an item is invalid, and halving finds it with few statements; or the batch took too long (57014), and half of it
 *   takes half the time.
 */
export function splitOf(error: unknown): Split {
  if (!isDefinitelyNotApplied(error)) return 'none';
  const { code = '' } = ((error as Error).cause ?? error) as DatabaseError;
  if (code === LOCK_NOT_AVAILABLE) return 'items';
  return CANNOT_WRITE.test(code) ? 'none' : 'halves';
}
