import { Injectable } from '@nestjs/common';
import { DeadLetters, type InboundMessage, type Rejection } from '../../application/intake/message-broker.js';
import { Config } from '../../config/config.js';
import { shorten } from '../../shared/shorten.js';
import { topicsOf } from './client-options.js';
import { KafkaProducer, MessageTooLarge } from './kafka-producer.js';

/** A detail may quote the message: a header has room for this many characters of it. */
const MAX_DETAIL_LENGTH = 1_000;

/** Publishes rejected messages to the topic `<prefix>.inbound.dlq`, with the reason in their headers. */
@Injectable()
export class KafkaDeadLetters extends DeadLetters {
  private readonly topic: string;

  constructor(
    private readonly producer: KafkaProducer,
    config: Config,
  ) {
    super();
    this.topic = topicsOf(config).deadLetters;
  }

  async send(
    { key, value, headers, ...position }: InboundMessage,
    { code, detail }: Rejection,
  ): Promise<void> {
    const reason = {
      'dlq-reason': code,
      'dlq-detail': shorten(detail, MAX_DETAIL_LENGTH),
      'dlq-topic': position.topic,
      'dlq-partition': String(position.partition),
      'dlq-offset': String(position.offset),
    };
    const message = { topic: this.topic, ...(key && { key }), ...(value && { value }) };
    try {
      await this.producer.send([{ ...message, headers: [...headers, ...encoded(reason)] }]);
    } catch (error) {
      if (!(error instanceof MessageTooLarge)) throw error;
      // The quarantine has the whole message; a failure here must not stop the partition.
      const omitted = { ...reason, 'dlq-omitted-bytes': String(value?.length ?? 0) };
      await this.producer.send([{ topic: this.topic, headers: encoded(omitted) }]);
    }
  }
}

function encoded(texts: Readonly<Record<string, string>>): [name: string, value: Buffer][] {
  return Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]);
}
