import { type DynamicModule, Module } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Channel } from '../presentation/channels/channel.js';
import { PresentationModule } from '../presentation/presentation.module.js';

/** The configuration, for whoever asks for it. */
@Module({})
export class ConfigModule {
  static of(config: Config): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: Config, useValue: config }],
      exports: [Config],
    };
  }
}

/** The api process: all layers, the adapters as given. */
@Module({})
export class ApiModule {
  static with(config: Config, infrastructure: DynamicModule, channels: readonly Channel[]): DynamicModule {
    return {
      module: ApiModule,
      imports: [ConfigModule.of(config), infrastructure, PresentationModule.with(channels)],
    };
  }
}
