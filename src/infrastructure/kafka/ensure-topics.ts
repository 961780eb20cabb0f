import { Logger } from '@nestjs/common';
import { Admin, AuthenticationError, findErrorBy } from '@platformatic/kafka';
import type { Config } from '../../config/config.js';
import { sleepUnlessAborted } from '../../shared/abort.js';
import { reasonOf } from '../postgres/connection/database-errors.js';
import { StartupError } from '../../shared/startup-error.js';
import { clientOptions, topicsOf } from './client-options.js';

/** How long brokers may take until they answer, and how long is waited between two tries, in milliseconds. */
const PATIENCE = 60_000;
const PAUSE = 1_000;

/** As many workers can share a topic. */
const PARTITIONS = 8;

/** Room for a message of the broker's own limit with our headers, in bytes. */
const MAX_DEAD_LETTER = 2 * 1024 * 1024;

const logger = new Logger('Kafka');

/**
 * Waits for the brokers, and makes the topics that there are not.
 * @throws StartupError where the brokers do not answer within 60 s or refuse the worker, or a topic may not be made;
 * the reason of `stop` when told to stop waiting.
 */
export async function ensureTopics(config: Config, stop: AbortSignal): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    stop.throwIfAborted();
    const admin = new Admin({ ...clientOptions(config), retries: 0 });
    try {
      return await createMissing(admin, config);
    } catch (error) {
      if (error instanceof StartupError) throw error;
      const reason = reasonOf(error).replace(/\.$/, '');
      if (findErrorBy(error as Error, 'code', AuthenticationError.code))
        throw new StartupError(`The brokers ${config.KAFKA_BROKERS} refuse the worker: ${reason}.`, {
          cause: error,
        });
      if (Date.now() > deadline) {
        const seconds = PATIENCE / 1_000;
        throw new StartupError(
          `The brokers ${config.KAFKA_BROKERS} did not answer within ${seconds} s: ${reason}.`,
          { cause: error },
        );
      }
      logger.warn(`the brokers ${config.KAFKA_BROKERS} do not answer yet (${reason})`);
      await sleepUnlessAborted(PAUSE, stop);
    } finally {
      await admin.close();
    }
  }
}

async function createMissing(admin: Admin, config: Config): Promise<void> {
  const { inbound, deadLetters, events } = topicsOf(config);
  const there = new Set(await admin.listTopics());
  const room = [{ name: 'max.message.bytes', value: String(MAX_DEAD_LETTER) }];
  for (const [topic, configs] of [
    [inbound, []],
    [deadLetters, room],
    [events, []],
  ] as const) {
    if (there.has(topic)) continue;
    try {
      await admin.createTopics({ topics: [topic], partitions: PARTITIONS, configs: [...configs] });
      logger.log(`the topic ${topic} was made, with ${PARTITIONS} partitions`);
    } catch (error) {
      // Another worker was faster.
      if (findErrorBy(error as Error, 'apiId', 'TOPIC_ALREADY_EXISTS')) continue;
      if (!isRefused(error)) throw error;
      throw new StartupError(
        `There is no topic ${topic}, and the worker may not make it (${reasonOf(error)}): make it, with as many ` +
          'partitions as there are to be workers or more.',
        { cause: error },
      );
    }
  }
}

function isRefused(error: unknown): boolean {
  return ['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'POLICY_VIOLATION'].some((id) =>
    findErrorBy(error as Error, 'apiId', id),
  );
}
