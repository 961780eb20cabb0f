import { Logger } from '@nestjs/common';
import { StartupError } from '../../../shared/startup-error.js';
import { connectWithRetry } from '../../connect-with-retry.js';
import { addressOf, type Connection } from './connection.js';
import { connect, type DatabaseClient } from './database-client.js';
import { isTransient, isWrongPassword, reasonOf } from './database-errors.js';

const logger = new Logger('Database');

/**
 * Resolves with a connection to the primary once it answers and is safe.
 * @throws StartupError after the timeout, or at once if waiting cannot help (a wrong password, no such database); the reason of
 * `stop` once that is aborted.
 */
export async function waitForDatabase(
  connection: Connection,
  timeoutSeconds: number,
  stop: AbortSignal,
): Promise<DatabaseClient> {
  const address = addressOf(connection);
  return connectWithRetry(
    { name: `The database ${address}`, timeoutSeconds, stop, logger },
    async (leftMs) => {
      const connectionTimeoutMillis = Math.min(Math.max(leftMs, 1_000), 5_000);
      try {
        return await connect({ ...connection, connectionTimeoutMillis }, 'incidents start', stop);
      } catch (error) {
        const reason = reasonOf(error);
        if (isWrongPassword(error)) {
          throw new StartupError(`The password for the database ${address} is wrong or missing: ${reason}.`);
        }
        if (isTransient(error) && !isTlsError(reason)) throw error;
        throw new StartupError(`The database ${address} cannot be used: ${reason}.`);
      }
    },
  );
}

/** Retrying does not help: a certificate that is not trusted now will not be trusted in a minute. */
function isTlsError(reason: string): boolean {
  return /certificate|SSL|TLS/i.test(reason);
}
