import { types } from 'node:util';
import { DatabaseError } from 'pg';
import { OutcomeUnknown, RegisterUnavailable } from '../../application/ports/register-unavailable.js';

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const PASSING = [
  /^08/, // connection exceptions
  /^25006$/, // read-only: the server has become a standby
  /^25P03$/, // idle in transaction for too long
  /^40/, // serialization failure, deadlock
  /^53/, // out of disk, memory or connections
  /^55P03$/, // lock not available in time
  /^57014$/, // statement not finished in time
  /^57P0[1-5]$/, // shutting down, crashed, starting up, dropped, idle for too long
  /^58/, // errors of the system around PostgreSQL
];

/** Whether the server itself has answered with a refusal: the connection is as good as before. */
export function isRefusal(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && !error.code?.startsWith('57P');
}

/**
 * Whether this error of `pg` says that the database is away or too busy, rather than that we asked for something
 * wrong. Besides the server's own refusals, `pg` has only errors of the connection; a TypeError is ours.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof DatabaseError) return PASSING.some((pattern) => pattern.test(error.code ?? ''));
  return types.isNativeError(error) && error.name !== 'TypeError';
}

/** Whether this error of the Database says for certain that the statement has changed nothing. */
export function hasChangedNothing(error: unknown): boolean {
  return isRefusal(error) || (error instanceof RegisterUnavailable && isRefusal(error.cause));
}

/** Whether this error of the Database says that a lock in this table was not to be had in time. */
export function isLockTimeout(error: unknown, table: string): boolean {
  const { cause } = error as { cause?: unknown };
  return cause instanceof DatabaseError && cause.code === '55P03' && (cause.where ?? '').includes(table);
}

/** What the callers of a port get to see instead of an error of `pg`. */
export function translated(error: unknown): unknown {
  return isPassing(error) ? new RegisterUnavailable({ cause: error }) : error;
}

/** The same for a change that has been sent: what is no refusal may have been done. */
export function translatedForChange(error: unknown): unknown {
  return isPassing(error) && !isRefusal(error) ? new OutcomeUnknown({ cause: error }) : translated(error);
}

/** The reason of a failed connection in a few words; Node hides it where a name has several addresses. */
export function reasonOf(error: unknown): string {
  const { errors, message } = error as Partial<AggregateError>;
  return errors && errors.length > 0 ? errors.map(reasonOf).join('; ') : (message ?? String(error));
}
