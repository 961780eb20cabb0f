import { Logger } from '@nestjs/common';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { StartupError } from '../../../shared/startup-error.js';
import { addressOf, type Connection } from './connection.js';
import { connect, type DatabaseClient } from './database-client.js';
import { isTransient, isWrongPassword, reasonOf } from './database-errors.js';

const PAUSE_MS = 1_000;

const logger = new Logger('Database');

/**
 * Resolves with a connection to the primary, when it answers and is safe; logs each try that failed.
 * @throws StartupError after `seconds`, or at once where waiting cannot help (a wrong password, no such database); the
 * reason of `stop` when told to stop.
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
      if (!isTransient(error) || isAboutTls(reason)) {
        throw new StartupError(`The database ${address} cannot be used: ${reason}.`);
      }
      const left = deadline - Date.now();
      if (left <= 0) {
        throw new StartupError(`The database ${address} was not available within ${seconds} s: ${reason}.`);
      }
      logger.warn(
        `the database ${address} is not available yet (${reason}); trying for ${Math.ceil(left / 1_000)} s more`,
      );
      await sleepUnlessAborted(Math.min(PAUSE_MS, left), stop);
    }
  }
}

/** A certificate that is not trusted now will not be trusted in a minute. */
function isAboutTls(reason: string): boolean {
  return /certificate|SSL|TLS/i.test(reason);
}
