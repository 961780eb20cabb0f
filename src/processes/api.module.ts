import { type DynamicModule, Module } from '@nestjs/common';
import { configModule } from '../config/config.module.js';
import { Config } from '../config/config.js';
import type { Channel } from '../presentation/channels/channel.js';
import { PresentationModule } from '../presentation/presentation.module.js';

/** The api process: the HTTP API, on these adapters. */
@Module({})
export class ApiModule {
  static with(
    config: Config,
    infrastructure: readonly DynamicModule[],
    channels: readonly Channel[],
  ): DynamicModule {
    return {
      module: ApiModule,
      imports: [configModule(Config, config), ...infrastructure, PresentationModule.with(channels)],
    };
  }
}
