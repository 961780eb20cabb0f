import { type DynamicModule, Module } from '@nestjs/common';
import { configModule } from '../config/config.module.js';
import { Config } from '../config/config.js';
import type { Channel } from '../presentation/channels/channel.js';
import { ApplicationModule } from '../application/application.module.js';
import { Reminders } from '../infrastructure/postgres/attention/reminders.js';
import { HeartbeatWatch } from '../infrastructure/postgres/heartbeat/heartbeat-watch.js';
import { PresentationModule } from '../presentation/presentation.module.js';

/** The api process: the HTTP API on these adapters, the reminders, and the watch over heartbeats. */
@Module({})
export class ApiModule {
  static with(
    config: Config,
    infrastructure: readonly DynamicModule[],
    channels: readonly Channel[],
  ): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        configModule(Config, config),
        ...infrastructure,
        ApplicationModule,
        PresentationModule.with(channels),
      ],
      providers: [Reminders, HeartbeatWatch],
    };
  }
}
