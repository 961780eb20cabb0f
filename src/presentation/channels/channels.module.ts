import { type DynamicModule, Global, type InjectionToken, Module, type Provider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ApplicationModule } from '../../application/application.module.js';
import { ChannelRegistry } from '../../application/intake/channel-registry.js';
import { type RetryHandler, RetryHandlers } from '../../application/quarantine/retry-handlers.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import { ReportMessageParser } from '../intake/report-message-parser.js';
import type { Channel } from './channel.js';
import { HttpReceiver } from './http-receiver.js';

/** The names of the channels, for all layers. */
@Global()
@Module({})
export class ChannelRegistryModule {
  static of(channels: readonly Channel[]): DynamicModule {
    const registry = { provide: ChannelRegistry, useFactory: () => new ChannelRegistry(channels) };
    return { module: ChannelRegistryModule, providers: [registry], exports: [ChannelRegistry] };
  }
}

/** The routes of the channels, and their retry handlers. */
@Module({})
export class ChannelsModule {
  static of(channels: readonly Channel[]): DynamicModule {
    const tokens = new Map(channels.map(({ name, retryHandler }) => [name, retryHandler]));
    const retryHandlers: Provider = {
      provide: RetryHandlers,
      useFactory: (modules: ModuleRef) => new ChannelRetryHandlers(tokens, modules),
      inject: [ModuleRef],
    };
    return {
      module: ChannelsModule,
      imports: [ApplicationModule],
      controllers: channels.flatMap(({ controllers = [] }) => controllers),
      providers: [
        ReportMessageParser,
        HttpReceiver,
        ...channels.flatMap(({ providers = [] }) => providers),
        retryHandlers,
      ],
      exports: [RetryHandlers],
    };
  }
}

class ChannelRetryHandlers extends RetryHandlers {
  constructor(
    private readonly tokens: ReadonlyMap<IncidentChannel, InjectionToken<RetryHandler> | undefined>,
    private readonly modules: ModuleRef,
  ) {
    super();
  }

  of(channel: IncidentChannel): RetryHandler | undefined {
    const token = this.tokens.get(channel);
    return token === undefined ? undefined : this.modules.get(token);
  }
}
