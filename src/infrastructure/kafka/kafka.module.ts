import { Global, Module } from '@nestjs/common';
import { DeadLetters } from '../../application/ports/broker.js';
import { OutboxMetrics } from '../metrics/outbox-metrics.js';
import { EventOutbox } from '../persistence/event-outbox.js';
import { KafkaDeadLetters } from './kafka-dead-letters.js';
import { KafkaProducer } from './kafka-producer.js';

/** What the worker needs besides the adapters of every process. */
@Global()
@Module({
  providers: [
    KafkaProducer,
    EventOutbox,
    OutboxMetrics,
    { provide: DeadLetters, useClass: KafkaDeadLetters },
  ],
  exports: [KafkaProducer, EventOutbox, DeadLetters],
})
export class KafkaModule {}
