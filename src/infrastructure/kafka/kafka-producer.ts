import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type BaseOptions, compatibilityPartitioner, findErrorBy, Producer } from '@platformatic/kafka';
import { BrokerUnavailable } from '../../application/intake/message-broker.js';

/** The broker acknowledges a message once all in-sync replicas have stored it. */
const ACKS_ALL = -1;

const ATTEMPT_TIMEOUT_MS = 5_000;

/** A message to send. Messages with the same key are in the same partition, in order. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly key?: Buffer;
  readonly value?: Buffer;
  readonly headers?: readonly (readonly [name: string, value: Buffer])[];
}

/** The message exceeds the limit of its topic: a retry would not help. */
export class MessageTooLarge extends Error {}

/** Sends messages to the brokers: the only producer of the project. */
@Injectable()
export class KafkaProducer implements OnApplicationShutdown {
  private readonly producer: Producer;

  /** @param options the connection options. */
  constructor(options: BaseOptions) {
    this.producer = new Producer({
      ...options,
      // The caller decides whether to retry, and until when.
      retries: 0,
      requestTimeout: ATTEMPT_TIMEOUT_MS,
      timeout: ATTEMPT_TIMEOUT_MS,
      // As Kafka's own clients do, so that all agree on the partition of a key.
      partitioner: compatibilityPartitioner,
    });
  }

  /**
   * Sends messages in order. Resolves when the brokers have acknowledged all of them, within 10 s. If it rejects, some or all
   * messages may be in the topic nevertheless.
   * @throws MessageTooLarge, or BrokerUnavailable
   */
  async send(messages: readonly OutgoingMessage[]): Promise<void> {
    try {
      await this.producer.send({
        acks: ACKS_ALL,
        messages: messages.map(({ headers = [], ...message }) => ({
          ...message,
          headers: new Map(headers.map(([name, value]) => [Buffer.from(name), value])),
        })),
      });
    } catch (error) {
      if (findErrorBy(error as Error, 'apiId', 'MESSAGE_TOO_LARGE'))
        throw new MessageTooLarge('The message is too large for its topic.', { cause: error });
      throw new BrokerUnavailable({ cause: error });
    }
  }

  async close(): Promise<void> {
    await this.producer.close();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}
