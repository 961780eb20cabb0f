import { Logger } from '@nestjs/common';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { StartupError } from '../../../shared/startup-error.js';
import { addressOf, type Connection } from './connection.js';
import { connect, type DatabaseClient } from './database-client.js';
import { isTransient, isWrongPassword, reasonOf } from './database-errors.js';

const RETRY_PAUSE_MS = 1_000;

const logger = new Logger('Database');

/**
 * Resolves with a connection to the primary once it answers and is safe; logs each failed attempt.
 * @throws StartupError after `seconds`, or at once if waiting cannot help (a wrong password, no such database); the reason of
 * `stop` once that is aborted.
 */
export async function waitForDatabase(
  connection: Connection,
  seconds: number,
  stop: AbortSignal,
): Promise<DatabaseClient> {
  const deadline = Date.now() + seconds * 1_000;
  const address = addressOf(connection);
  for (;;) {
    stop.throwIfAborted();
    try {
      const connectionTimeoutMillis = Math.min(Math.max(deadline - Date.now(), 1_000), 5_000);
      return await connect({ ...connection, connectionTimeoutMillis }, 'incidents start', stop);
    } catch (error) {
      stop.throwIfAborted();
      const reason = reasonOf(error);
      if (isWrongPassword(error)) {
        throw new StartupError(`The password for the database ${address} is wrong or missing: ${reason}.`);
      }
      if (!isTransient(error) || isTlsError(reason)) {
        throw new StartupError(`The database ${address} cannot be used: ${reason}.`);
      }
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) {
        throw new StartupError(`The database ${address} was not available within ${seconds} s: ${reason}.`);
      }
      logger.warn(
        `the database ${address} is not available yet (${reason}); retrying for up to ${Math.ceil(leftMs / 1_000)} s`,
      );
      await sleepUnlessAborted(Math.min(RETRY_PAUSE_MS, leftMs), stop);
    }
  }
}

/** Retrying does not help: a certificate that is not trusted now will not be trusted in a minute. */
function isTlsError(reason: string): boolean {
  return /certificate|SSL|TLS/i.test(reason);
}
