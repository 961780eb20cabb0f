import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Client, type ClientConfig } from 'pg';
import { StartFailure } from '../start-failure.js';
import { addressOf } from './connection.js';
import { isPassing, reasonOf } from './database-errors.js';

const PAUSE = 1_000;

const logger = new Logger('Database');

/**
 * Resolves when the database answers; logs each try that failed.
 * @throws StartFailure after `seconds`, or at once where waiting cannot help (a wrong password, no such database).
 */
export async function waitForDatabase(
  connection: ClientConfig,
  seconds: number,
  stop: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + seconds * 1_000;
  const address = addressOf(connection);
  for (;;) {
    stop.throwIfAborted();
    try {
      return await tryToReach(connection, Math.max(deadline - Date.now(), 1_000));
    } catch (error) {
      const reason = reasonOf(error);
      if (!isPassing(error) || isAboutTls(reason))
        throw new StartFailure(`The database ${address} refuses the service: ${reason}.`);
      const left = deadline - Date.now();
      if (left <= 0) {
        throw new StartFailure(`The database ${address} did not answer within ${seconds} s: ${reason}.`);
      }
      logger.warn(
        `the database ${address} does not answer yet (${reason}); trying for ${Math.ceil(left / 1_000)} s more`,
      );
      await sleep(Math.min(PAUSE, left));
    }
  }
}

/** A certificate that is not trusted now will not be trusted in a minute. */
function isAboutTls(reason: string): boolean {
  return /certificate|SSL|TLS/i.test(reason);
}

async function tryToReach(connection: ClientConfig, milliseconds: number): Promise<void> {
  const connectionTimeoutMillis = Math.min(milliseconds, 5_000);
  const client = new Client({ ...connection, connectionTimeoutMillis });
  // An error between the connection's end and ours would otherwise end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}
