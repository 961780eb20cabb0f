import { type DynamicModule, Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { Config } from './config/config.js';
import { InfrastructureModule } from './infrastructure/infrastructure.module.js';
import { PresentationModule } from './presentation/presentation.module.js';

@Module({})
class ConfigModule {
  static of(config: Config): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: Config, useValue: config }],
      exports: [Config],
    };
  }
}

/** The api process: all layers. */
@Module({})
export class AppModule {
  static with(config: Config, dataSource: DataSource): DynamicModule {
    return {
      module: AppModule,
      imports: [ConfigModule.of(config), InfrastructureModule.on(dataSource), PresentationModule],
    };
  }
}
