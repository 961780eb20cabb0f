import type { BaseOptions } from '@platformatic/kafka';
import type { KafkaConfig } from '../../config/kafka-config.js';

const CONNECT_TIMEOUT_MS = 5_000;

/** The connection options for the configured brokers. */
export function clientOptions(config: KafkaConfig): BaseOptions {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_USERNAME: username, KAFKA_PASSWORD: password } = config;
  return {
    clientId: 'incidents',
    bootstrapBrokers: config.KAFKA_BROKERS!.split(','),
    connectTimeout: CONNECT_TIMEOUT_MS,
    ...(config.KAFKA_SSL === 'true' && { tls: {} }),
    ...(mechanism && { sasl: { mechanism, username, password } }),
  };
}

/** The names of the configured topics. */
export function topicsOf({ KAFKA_TOPIC_PREFIX: prefix }: KafkaConfig) {
  return { inbound: `${prefix}.inbound`, deadLetters: `${prefix}.inbound.dlq`, events: `${prefix}.events` };
}
