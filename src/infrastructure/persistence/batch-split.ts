import { DatabaseError } from 'pg';
import { hasChangedNothing } from './database-errors.js';
import { RegisterUnavailable } from '../../application/ports/register-unavailable.js';

/** How a batch is tried again that has changed nothing: not at all, in two halves, or each item alone. */
export type Split = 'none' | 'halves' | 'items';

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const LOCK_NOT_AVAILABLE = '55P03';
const QUERY_CANCELED = '57014';
const DEADLOCK_OR_SERIALIZATION = /^40/;

/**
 * How the batch that failed with this error of the Database is tried again.
 *
 * - Of what is not certain to have changed nothing, nothing is tried again.
 * - A statement timeout (57014) has changed nothing, as each error that the server answers with: half of it takes half the time.
 * - Where one item waits for a lock, its neighbours must not wait with it: each goes alone.
 * - What the server cannot do at all now (a full disk, no memory, read-only), it cannot do for half of the items either.
 * - The rest says that an item is wrong: halves find it by few statements.
 */
export function splitOf(error: unknown): Split {
  if (!hasChangedNothing(error)) return 'none';
  if (!(error instanceof RegisterUnavailable)) return 'halves';
  const { code = '' } = error.cause as DatabaseError;
  if (code === LOCK_NOT_AVAILABLE) return 'items';
  return code === QUERY_CANCELED || DEADLOCK_OR_SERIALIZATION.test(code) ? 'halves' : 'none';
}
