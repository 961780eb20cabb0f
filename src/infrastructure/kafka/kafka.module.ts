import { Global, Module } from '@nestjs/common';
import { DeadLetters } from '../../application/intake/message-broker.js';
import { Config } from '../../config/config.js';
import { clientOptions } from './client-options.js';
import { KafkaDeadLetters } from './kafka-dead-letters.js';
import { KafkaProducer } from './kafka-producer.js';

/** The Kafka adapters, which only the worker process needs. */
@Global()
@Module({
  providers: [
    {
      provide: KafkaProducer,
      useFactory: (config: Config) => new KafkaProducer(clientOptions(config)),
      inject: [Config],
    },
    { provide: DeadLetters, useClass: KafkaDeadLetters },
  ],
  exports: [KafkaProducer, DeadLetters],
})
export class KafkaModule {}
