import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { compatibilityPartitioner, findErrorBy, Producer } from '@platformatic/kafka';
import { BrokerUnavailable } from '../../application/intake/message-broker.js';
import { Config } from '../../config/config.js';
import { clientOptions } from './client-options.js';

/** All replicas that are in step have the message when it is acknowledged. */
const ALL = -1;

/** How long one attempt may take, in milliseconds. */
const TIMEOUT = 5_000;

/** A message on its way out. Those with one key are in one partition, in their order. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly key?: Buffer;
  readonly value?: Buffer;
  readonly headers?: ReadonlyMap<Buffer, Buffer>;
}

/** The message is larger than its topic takes; trying again would not help. */
export class MessageTooLarge extends Error {}

/** Sends messages. */
@Injectable()
export class KafkaProducer implements OnApplicationShutdown {
  private readonly producer: Producer;

  constructor(config: Config) {
    this.producer = new Producer({
      ...clientOptions(config),
      // Whoever sends knows best whether to try again, and until when.
      retries: 0,
      requestTimeout: TIMEOUT,
      timeout: TIMEOUT,
      // That of Kafka's own clients, so that others find a key in the same partition.
      partitioner: compatibilityPartitioner,
    });
  }

  /**
   * Resolves when the brokers have all of them, in their order; takes some 10 s at most. What rejects may be there
   * nevertheless, in part or as a whole.
   * @throws MessageTooLarge, or BrokerUnavailable
   */
  async send(messages: readonly OutgoingMessage[]): Promise<void> {
    try {
      await this.producer.send({
        acks: ALL,
        messages: messages.map(({ headers, ...message }) => ({ ...message, headers: new Map(headers) })),
      });
    } catch (error) {
      if (findErrorBy(error as Error, 'apiId', 'MESSAGE_TOO_LARGE'))
        throw new MessageTooLarge('The message is too large for its topic.', { cause: error });
      throw new BrokerUnavailable({ cause: error });
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.producer.close();
  }
}
