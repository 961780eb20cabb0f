import { type DynamicModule, Module } from '@nestjs/common';
import { configModule } from '../config/config.module.js';
import { Config } from '../config/config.js';
import { PresentationModule } from '../presentation/presentation.module.js';

/** The api process: the HTTP API, on these adapters. */
@Module({})
export class ApiModule {
  static with(config: Config, infrastructure: readonly DynamicModule[]): DynamicModule {
    return {
      module: ApiModule,
      imports: [configModule(Config, config), ...infrastructure, PresentationModule],
    };
  }
}
