import type { BaseOptions } from '@platformatic/kafka';
import type { KafkaConfig } from '../../config/kafka-config.js';

/** How long to wait for a connection, in milliseconds. */
const CONNECT_TIMEOUT = 5_000;

/** How to reach the brokers of this configuration. */
export function clientOptions(config: KafkaConfig): BaseOptions {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_USERNAME: username, KAFKA_PASSWORD: password } = config;
  return {
    clientId: 'incidents',
    bootstrapBrokers: config.KAFKA_BROKERS!.split(','),
    connectTimeout: CONNECT_TIMEOUT,
    ...(config.KAFKA_SSL === 'true' && { tls: {} }),
    ...(mechanism && { sasl: { mechanism, username, password } }),
  };
}

/** What the topics of this configuration are called. */
export function topicsOf({ KAFKA_TOPIC_PREFIX: prefix }: KafkaConfig) {
  return { inbound: `${prefix}.inbound`, deadLetters: `${prefix}.inbound.dlq`, events: `${prefix}.events` };
}
