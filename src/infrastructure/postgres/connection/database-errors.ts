import { types } from 'node:util';
import { DatabaseError } from 'pg';
import { OutcomeUnknown, StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { UnsafeServer } from './server-check.js';

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const TRANSIENT_CODES = [
  /^08/, // connection exceptions
  /^25006$/, // read-only: the server has become a standby
  /^25P03$/, // idle in transaction for too long
  /^40/, // serialization failure, deadlock
  /^53/, // out of disk, memory or connections
  /^55P03$/, // lock not available in time
  /^57014$/, // statement not finished in time
  /^57P0[1-5]$/, // shutting down, crashed, starting up, dropped, idle for too long
  /^58/, // errors of the operating system
];

/** The server has become a standby, or was made read-only. */
const READ_ONLY = '25006';

/** A lock was not available within `lock_timeout`. */
const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK = '40P01';

/** A failed connection to a server, with its reason. */
export class ConnectFailure extends Error {
  constructor(address: string, cause: unknown) {
    const reason = reasonOf(cause);
    super(reason.includes(address) ? reason : `${address}: ${reason}`, { cause });
  }
}

/**
 * Whether the server itself has answered with an error, and has rolled the statement back. A server that shuts down, and a pooler
 * that has lost its server, answer too, but the statement may be committed.
 */
export function isServerError(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && !/^(08|57P)/.test(error.code ?? '');
}

/** Whether a connection is unusable after this error. */
export function endsConnection(error: unknown): boolean {
  return !isServerError(error) || error.code === READ_ONLY || isStalePlan(error);
}

/** Whether a prepared statement no longer fits its tables, which have changed since; it was not executed. */
export function isStalePlan(error: unknown): boolean {
  return (
    error instanceof DatabaseError && error.code === '0A000' && error.routine === 'RevalidateCachedQuery'
  );
}

/** Whether authentication failed: a retry would not help. */
export function isWrongPassword(error: unknown): boolean {
  if (error instanceof ConnectFailure) return isWrongPassword(error.cause);
  // The client itself reports a missing password, and errors of the SASL exchange.
  if (!(error instanceof DatabaseError)) return /^SASL\b/.test((error as Error).message);
  return error.code === '28P01' || isPoolerAuthError(error);
}

/** PgBouncer has one code, that of a protocol violation, for all errors before a connection is established. */
function isPoolerAuthError(error: DatabaseError): boolean {
  return error.code === '08P01' && /authentication failed|auth failed|no such user/i.test(error.message);
}

/**
 * Whether this error of `pg` means that the database is unreachable or overloaded, rather than that the request is wrong. Apart
 * from errors of the server, `pg` has only errors of the connection; a TypeError is a bug.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectFailure) return isTransient(error.cause);
  if (error instanceof UnsafeServer || isWrongPassword(error)) return false;
  if (error instanceof DatabaseError)
    return TRANSIENT_CODES.some((pattern) => pattern.test(error.code ?? ''));
  return types.isNativeError(error) && error.name !== 'TypeError';
}

/**
 * Whether, after this error of the Database, the statement has certainly changed nothing and a part of it may succeed: a
 * read-only server accepts no part either.
 */
export function isDefinitelyNotApplied(error: unknown): boolean {
  const answer = error instanceof StoreUnavailable ? error.cause : error;
  return isServerError(answer) && answer.code !== READ_ONLY;
}

/** Whether, by this error of `pg`, the statement was cancelled because of locks of other transactions. */
export function isLockFailure(error: unknown): boolean {
  return error instanceof DatabaseError && [LOCK_NOT_AVAILABLE, DEADLOCK].includes(error.code ?? '');
}

/** Whether this error of the Database is a lock timeout in this table. */
export function isLockTimeout(error: unknown, table: string): boolean {
  const { cause } = error as { cause?: unknown };
  return (
    cause instanceof DatabaseError && cause.code === LOCK_NOT_AVAILABLE && (cause.where ?? '').includes(table)
  );
}

/** Whether this error of the Database is a statement timeout. */
export function isStatementTimeout(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  return cause instanceof DatabaseError && cause.code === '57014';
}

/** The error that the callers of a port get instead of an error of `pg`. */
export function toPortError(error: unknown): unknown {
  return isTransient(error) ? new StoreUnavailable({ cause: error }) : error;
}

/** The same for a change that was sent: after anything but an error of the server, it may be committed. */
export function toPortErrorOfChange(error: unknown): unknown {
  return isTransient(error) && !isServerError(error)
    ? new OutcomeUnknown({ cause: error })
    : toPortError(error);
}

/** The reason of a failed connection; Node hides it in an AggregateError if a name has several addresses. */
export function reasonOf(error: unknown): string {
  const { errors, message } = error as Partial<AggregateError>;
  return errors && errors.length > 0 ? errors.map(reasonOf).join('; ') : (message ?? String(error));
}
