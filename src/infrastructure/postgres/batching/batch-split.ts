import type { DatabaseError } from 'pg';
import { isDefinitelyNotApplied } from '../connection/database-errors.js';

/** How a batch is tried again that has changed nothing: not at all, in two halves, or each item alone. */
export type Split = 'none' | 'halves' | 'items';

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const LOCK_NOT_AVAILABLE = '55P03';
/** Read-only, disk full, out of memory, errors of the system around PostgreSQL. */
const CANNOT_WRITE = /^(25006|53100|53200|58)/;

/**
 * How the batch that failed with this error of the Database is tried again.
 *
 * - Of what is not certain to have changed nothing, nothing is tried again.
 * - Where one item waits for a lock, its neighbours must not wait with it: each goes alone.
 * - Where the server can write nothing, it cannot write half of the items either.
 * - The rest says that an item is wrong, which halves find by few statements, or that the whole took too long (57014): half of
 *   it takes half the time.
 */
export function splitOf(error: unknown): Split {
  if (!isDefinitelyNotApplied(error)) return 'none';
  const { code = '' } = ((error as Error).cause ?? error) as DatabaseError;
  if (code === LOCK_NOT_AVAILABLE) return 'items';
  return CANNOT_WRITE.test(code) ? 'none' : 'halves';
}
