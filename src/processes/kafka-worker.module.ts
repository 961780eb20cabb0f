import { type DynamicModule, Module } from '@nestjs/common';
import { ApplicationModule } from '../application/application.module.js';
import { configModule } from '../config/config.module.js';
import { Config } from '../config/config.js';
import { KafkaModule } from '../infrastructure/kafka/kafka.module.js';
import { ChannelRegistryModule } from '../presentation/channels/channels.module.js';
import { REGISTERED_CHANNELS } from '../presentation/channels/registered-channels.js';
import { ReportMessageParser } from '../presentation/intake/report-message-parser.js';
import { ReportMessageHandler } from '../presentation/channels/kafka/report-message-handler.js';
import { OperationsModule } from '../presentation/api/operations/operations.module.js';

/** The worker process: reports from Kafka, events to Kafka, and probes and metrics over HTTP. */
@Module({})
export class KafkaWorkerModule {
  static with(config: Config, infrastructure: readonly DynamicModule[]): DynamicModule {
    return {
      module: KafkaWorkerModule,
      imports: [
        configModule(Config, config),
        ...infrastructure,
        ChannelRegistryModule.of(REGISTERED_CHANNELS),
        KafkaModule,
        ApplicationModule,
        OperationsModule,
      ],
      providers: [ReportMessageParser, ReportMessageHandler],
    };
  }
}
