import { types } from 'node:util';
import { DatabaseError } from 'pg';
import { OutcomeUnknown, StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { UnsafeServer } from './server-check.js';

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

/** The server has become a standby, or was made read-only. */
const READ_ONLY = '25006';

/** Why no connection to this server was made. */
export class ConnectFailure extends Error {
  constructor(address: string, cause: unknown) {
    const reason = reasonOf(cause);
    super(reason.includes(address) ? reason : `${address}: ${reason}`, { cause });
  }
}

/**
 * Whether the server itself has answered with a refusal, and has done nothing. A server that ends, and a pooler that has
 * lost its server, answer too, and may have done it.
 */
export function isServerError(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && !/^(08|57P)/.test(error.code ?? '');
}

/** Whether a connection is of no more use after this error. */
export function endsConnection(error: unknown): boolean {
  return !isServerError(error) || error.code === READ_ONLY || isStalePlan(error);
}

/** Whether a prepared statement no longer fits its tables, which have changed meanwhile; nothing was done. */
export function isStalePlan(error: unknown): boolean {
  return (
    error instanceof DatabaseError && error.code === '0A000' && error.routine === 'RevalidateCachedQuery'
  );
}

/** Whether the server does not believe who we are: another try would not help. */
export function isWrongPassword(error: unknown): boolean {
  if (error instanceof ConnectFailure) return isWrongPassword(error.cause);
  // What the client itself finds missing or wrong in the exchange, such as no password at all.
  if (!(error instanceof DatabaseError)) return /^SASL\b/.test((error as Error).message);
  return error.code === '28P01' || isRefusalOfPooler(error);
}

/** PgBouncer has one code for all that is wrong before a connection is made, as if the network were. */
function isRefusalOfPooler(error: DatabaseError): boolean {
  return error.code === '08P01' && /authentication failed|auth failed|no such user/i.test(error.message);
}

/**
 * Whether this error of `pg` says that the database is away or too busy, rather than that we asked for something
 * wrong. Besides the server's own refusals, `pg` has only errors of the connection; a TypeError is ours.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectFailure) return isTransient(error.cause);
  if (error instanceof UnsafeServer || isWrongPassword(error)) return false;
  if (error instanceof DatabaseError) return PASSING.some((pattern) => pattern.test(error.code ?? ''));
  return types.isNativeError(error) && error.name !== 'TypeError';
}

/**
 * Whether this error of the Database says for certain that the statement has changed nothing, and that a part of it may
 * succeed: a server that takes no changes takes no part of them.
 */
export function isDefinitelyNotApplied(error: unknown): boolean {
  const answer = error instanceof StoreUnavailable ? error.cause : error;
  return isServerError(answer) && answer.code !== READ_ONLY;
}

/** Whether this error of the Database says that a lock in this table was not to be had in time. */
export function isLockTimeout(error: unknown, table: string): boolean {
  const { cause } = error as { cause?: unknown };
  return cause instanceof DatabaseError && cause.code === '55P03' && (cause.where ?? '').includes(table);
}

/** Whether this error of the Database says that a statement was not finished in its time. */
export function isStatementTimeout(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  return cause instanceof DatabaseError && cause.code === '57014';
}

/** What the callers of a port get to see instead of an error of `pg`. */
export function translated(error: unknown): unknown {
  return isTransient(error) ? new StoreUnavailable({ cause: error }) : error;
}

/** The same for a change that has been sent: what is no refusal may have been done. */
export function translatedForChange(error: unknown): unknown {
  return isTransient(error) && !isServerError(error)
    ? new OutcomeUnknown({ cause: error })
    : translated(error);
}

/** The reason of a failed connection in a few words; Node hides it where a name has several addresses. */
export function reasonOf(error: unknown): string {
  const { errors, message } = error as Partial<AggregateError>;
  return errors && errors.length > 0 ? errors.map(reasonOf).join('; ') : (message ?? String(error));
}
