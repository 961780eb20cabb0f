import { Logger } from '@nestjs/common';
import { Admin, AuthenticationError, findErrorBy } from '@platformatic/kafka';
import type { Config } from '../../config/config.js';
import { StartupError } from '../../shared/startup-error.js';
import { connectWithRetry } from '../connect-with-retry.js';
import { reasonOf } from '../postgres/connection/database-errors.js';
import { clientOptions, topicsOf } from './client-options.js';

/** How long the brokers may take to respond. */
const STARTUP_TIMEOUT_SECONDS = 60;

/** Also the maximum number of workers that share a topic. */
const PARTITIONS = 8;

/** A message of the maximum size that brokers accept by default (1 MiB), and the headers of a dead letter. */
const MAX_DEAD_LETTER_BYTES = 2 * 1024 * 1024;

const logger = new Logger('Kafka');

/**
 * Waits for the brokers, and creates the topics that are missing.
 * @throws StartupError if the brokers do not respond within 60 s, reject the credentials or forbid to create a topic; the reason of
 * `stop` if that is aborted.
 */
export async function ensureTopics(config: Config, stop: AbortSignal): Promise<void> {
  const name = `A broker of ${config.KAFKA_BROKERS}`;
  await connectWithRetry({ name, timeoutSeconds: STARTUP_TIMEOUT_SECONDS, stop, logger }, async () => {
    const admin = new Admin({ ...clientOptions(config), retries: 0 });
    try {
      await createMissingTopics(admin, config);
    } catch (error) {
      if (!findErrorBy(error as Error, 'code', AuthenticationError.code)) throw error;
      throw new StartupError(
        `The brokers ${config.KAFKA_BROKERS} reject the credentials of the worker: ${reasonOf(error).replace(/\.$/, '')}.`,
        { cause: error },
      );
    } finally {
      await admin.close();
    }
  });
}

async function createMissingTopics(admin: Admin, config: Config): Promise<void> {
  const { inbound, deadLetters, events } = topicsOf(config);
  const existing = new Set(await admin.listTopics());
  const deadLetterConfig = [{ name: 'max.message.bytes', value: String(MAX_DEAD_LETTER_BYTES) }];
  for (const [topic, configs] of [
    [inbound, []],
    [deadLetters, deadLetterConfig],
    [events, []],
  ] as const) {
    if (existing.has(topic)) continue;
    try {
      await admin.createTopics({ topics: [topic], partitions: PARTITIONS, configs: [...configs] });
      logger.log(`created the topic ${topic} with ${PARTITIONS} partitions`);
    } catch (error) {
      // Another worker was faster.
      if (findErrorBy(error as Error, 'apiId', 'TOPIC_ALREADY_EXISTS')) continue;
      if (!isForbidden(error)) throw error;
      throw new StartupError(
        `The topic ${topic} does not exist, and the worker may not create it (${reasonOf(error)}): create it with at ` +
          'least as many partitions as workers.',
        { cause: error },
      );
    }
  }
}

function isForbidden(error: unknown): boolean {
  return ['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'POLICY_VIOLATION'].some((id) =>
    findErrorBy(error as Error, 'apiId', id),
  );
}
