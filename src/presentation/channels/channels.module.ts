import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ApplicationModule } from '../../application/application.module.js';
import { ChannelRegistry } from '../../application/intake/channel-registry.js';
import { RetryHandlers } from '../../application/quarantine/retry-handlers.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import { ReportMessageParser } from '../intake/report-message-parser.js';
import { BatchIntake } from './batch-intake.js';
import { ChannelActions } from './channel-actions.js';
import type { Channel } from './channel.js';
import { HttpReceiver } from './http-receiver.js';
import { LongTexts } from './long-texts.js';

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
    const handlerOf = (channel: IncidentChannel, modules: ModuleRef) => {
      const token = tokens.get(channel);
      return token === undefined ? undefined : modules.get(token);
    };
    const retryHandlers: Provider<RetryHandlers> = {
      provide: RetryHandlers,
      useFactory: (modules: ModuleRef) => ({ of: (channel) => handlerOf(channel, modules) }),
      inject: [ModuleRef],
    };
    return {
      module: ChannelsModule,
      imports: [ApplicationModule],
      controllers: channels.flatMap(({ controllers = [] }) => controllers),
      providers: [
        ReportMessageParser,
        BatchIntake,
        LongTexts,
        ChannelActions,
        HttpReceiver,
        ...channels.flatMap(({ providers = [] }) => providers),
        retryHandlers,
      ],
      exports: [RetryHandlers],
    };
  }
}
