import { Injectable } from '@nestjs/common';
import { DeadLetters, type InboundMessage, type Rejection } from '../../application/intake/message-broker.js';
import { Config } from '../../config/config.js';
import { shorten } from '../../shared/shorten.js';
import { topicsOf } from './client-options.js';
import { KafkaProducer, MessageTooLarge } from './kafka-producer.js';

/** A detail may quote the message: only so many characters of it fit into a header. */
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

  async send({ key, value, headers, ...place }: InboundMessage, { code, detail }: Rejection): Promise<void> {
    const reason = {
      'dlq-reason': code,
      'dlq-detail': shorten(detail, MAX_DETAIL_LENGTH),
      'dlq-topic': place.topic,
      'dlq-partition': String(place.partition),
      'dlq-offset': String(place.offset),
    };
    const message = { topic: this.topic, ...(key && { key }) };
    try {
      const withReason = new Map([...headers.map(named), ...Object.entries(reason).map(spelled)]);
      await this.producer.send([{ ...message, ...(value && { value }), headers: withReason }]);
    } catch (error) {
      if (!(error instanceof MessageTooLarge)) throw error;
      // The quarantine has all of it; a failure here must not stop the partition.
      const omitted = { ...reason, 'dlq-omitted-bytes': String(value?.length ?? 0) };
      await this.producer.send([
        { topic: this.topic, headers: new Map(Object.entries(omitted).map(spelled)) },
      ]);
    }
  }
}

function named([name, value]: readonly [string, Buffer]): [Buffer, Buffer] {
  return [Buffer.from(name), value];
}

function spelled([name, value]: [string, string]): [Buffer, Buffer] {
  return [Buffer.from(name), Buffer.from(value)];
}
