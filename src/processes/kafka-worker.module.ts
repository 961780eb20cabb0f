import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule } from './api.module.js';
import { ApplicationModule } from '../application/application.module.js';
import type { Config } from '../config/config.js';
import { KafkaModule } from '../infrastructure/kafka/kafka.module.js';
import { ChannelRegistryModule } from '../presentation/channels/channels.module.js';
import { REGISTERED_CHANNELS } from '../presentation/channels/registered-channels.js';
import { ReportMessageParser } from '../presentation/intake/report-message-parser.js';
import { ReportMessageHandler } from '../presentation/channels/kafka/report-message-handler.js';
import { OperationsModule } from '../presentation/api/operations/operations.module.js';

/** The worker process: reports from Kafka, events to Kafka, and probes and metrics over HTTP. */
@Module({})
export class KafkaWorkerModule {
  static with(config: Config, infrastructure: DynamicModule): DynamicModule {
    return {
      module: KafkaWorkerModule,
      imports: [
        ConfigModule.of(config),
        infrastructure,
        ChannelRegistryModule.of(REGISTERED_CHANNELS),
        KafkaModule,
        ApplicationModule,
        OperationsModule,
      ],
      providers: [ReportMessageParser, ReportMessageHandler],
    };
  }
}
