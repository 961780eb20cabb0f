import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { Registry } from 'prom-client';
import { ChannelRegistry } from '../application/intake/channel-registry.js';
import { IncidentActions } from '../chat/core/actions/incident-actions.js';
import { RecentMessages } from '../chat/core/actions/recent-messages.js';
import { ChatFeed } from '../chat/core/api/chat-feed.js';
import { IncidentsApi } from '../chat/core/api/incidents-api.js';
import { IncidentsApiClient } from '../chat/core/api/incidents-api-client.js';
import { ApiRejection } from '../chat/core/api/incidents-api-responses.js';
import { KafkaPublisher, type ReportMessage } from '../chat/core/api/kafka-publisher.js';
import { Clock } from '../chat/core/clock.js';
import { IntentReplies } from '../chat/core/intents/intents.js';
import { ChatNotices } from '../chat/core/notices/chat-notices.js';
import { Digests } from '../chat/core/notices/digests.js';
import { Messenger } from '../chat/core/notices/messenger.js';
import { TRANSLATIONS } from '../chat/core/translations/languages.js';
import { Translations } from '../chat/core/translations/translations.js';
import { BotConfig } from '../chat/telegram/bot-config.js';
import { BotIdentity } from '../chat/telegram/bot-identity.js';
import { MessageInterpreter } from '../chat/telegram/content/message-interpreter.js';
import { FileAttacher } from '../chat/telegram/files/file-attacher.js';
import { TelegramFiles } from '../chat/telegram/files/telegram-files.js';
import { ApiProbe } from '../chat/telegram/operations/api-probe.js';
import { BotHealth } from '../chat/telegram/operations/bot-health.js';
import { BotLease } from '../chat/telegram/operations/bot-lease.js';
import { BotMetrics } from '../chat/telegram/operations/bot-metrics.js';
import { BotOperationsController } from '../chat/telegram/operations/bot-operations.controller.js';
import { MigratedSettings } from '../chat/telegram/migrated-settings.js';
import { PendingConfirmations } from '../chat/telegram/replies/pending-confirmations.js';
import { Replies } from '../chat/telegram/replies/replies.js';
import { SimilarOffers } from '../chat/telegram/replies/similar-offers.js';
import { TelegramMessenger } from '../chat/telegram/replies/telegram-messenger.js';
import { ServedChats } from '../chat/telegram/served-chats.js';
import { PollingApi, TelegramApi } from '../chat/telegram/telegram-api.js';
import { TelegramBot } from '../chat/telegram/telegram-bot.js';
import { ButtonHandler } from '../chat/telegram/updates/button-handler.js';
import { FileMessageHandler } from '../chat/telegram/updates/file-message-handler.js';
import { MessageHandler } from '../chat/telegram/updates/message-handler.js';
import { MessageReports } from '../chat/telegram/updates/message-reports.js';
import { Polling } from '../chat/telegram/updates/polling.js';
import { QuarantiningHandler } from '../chat/telegram/updates/quarantining-handler.js';
import {
  ApiReportTransport,
  KafkaReportTransport,
  ReportTransport,
} from '../chat/telegram/updates/report-transport.js';
import { UpdateHandler } from '../chat/telegram/updates/update-handler.js';
import { clientOptions, topicsOf } from '../infrastructure/kafka/client-options.js';
import { KafkaProducer } from '../infrastructure/kafka/kafka-producer.js';
import { createRegistry } from '../infrastructure/prometheus/registry.js';
import { SystemClock } from '../infrastructure/system-clock.js';
import { MonotonicClock } from '../shared/time/monotonic-clock.js';
import { telegram } from '../presentation/channels/telegram/telegram.channel.js';
import { HttpProblem } from '../presentation/http/problems/problems.js';
import { ReportMessageParser } from '../presentation/intake/report-message-parser.js';

const PARTS: Provider[] = [
  ApiProbe,
  ApiReportTransport,
  BotIdentity,
  BotLease,
  BotMetrics,
  ButtonHandler,
  ChatFeed,
  ChatNotices,
  Digests,
  FileAttacher,
  FileMessageHandler,
  IncidentActions,
  IncidentsApi,
  IntentReplies,
  MessageHandler,
  MessageInterpreter,
  MessageReports,
  MigratedSettings,
  MonotonicClock,
  PendingConfirmations,
  Polling,
  QuarantiningHandler,
  RecentMessages,
  Replies,
  ServedChats,
  SimilarOffers,
  TelegramBot,
  TelegramFiles,
  UpdateHandler,
];

/** The bot process: the chats, and probes and metrics over HTTP. It is a client of the API and has no layers of the service. */
@Module({})
export class BotModule {
  /** @param stop aborted when the process is stopped. */
  static with(config: BotConfig, stop: AbortSignal): DynamicModule {
    const address = { url: config.API_URL, accessKey: config.API_KEY };
    return {
      module: BotModule,
      controllers: [BotOperationsController],
      providers: [
        ...PARTS,
        ...reportTransport(config, stop),
        { provide: Messenger, useClass: TelegramMessenger },
        { provide: AbortSignal, useValue: stop },
        { provide: BotConfig, useValue: config },
        { provide: Clock, useClass: SystemClock },
        { provide: BotHealth, useFactory: () => new BotHealth() },
        { provide: Registry, useFactory: createRegistry },
        { provide: TelegramApi, useFactory: () => new TelegramApi(config) },
        { provide: PollingApi, useFactory: () => new PollingApi(config) },
        { provide: Translations, useValue: TRANSLATIONS[config.BOT_LANGUAGE] },
        {
          provide: IncidentsApiClient,
          useFactory: (health: BotHealth, metrics: BotMetrics, clock: MonotonicClock) =>
            new IncidentsApiClient(address, health, metrics, stop, clock),
          inject: [BotHealth, BotMetrics, MonotonicClock],
        },
      ],
    };
  }
}

function reportTransport(config: BotConfig, stop: AbortSignal): Provider[] {
  if (config.BOT_REPORT_TRANSPORT === 'rest') {
    return [{ provide: ReportTransport, useExisting: ApiReportTransport }];
  }
  const { inbound } = topicsOf(config);
  return [
    { provide: ReportTransport, useClass: KafkaReportTransport },
    {
      provide: KafkaPublisher,
      useFactory: (health: BotHealth, metrics: BotMetrics) =>
        new KafkaPublisher(
          new KafkaProducer(clientOptions(config)),
          inbound,
          validate,
          health,
          metrics,
          stop,
        ),
      inject: [BotHealth, BotMetrics],
    },
  ];
}

const parser = new ReportMessageParser(new ChannelRegistry([telegram]));

/** The worker's own parser rejects here what the worker would quarantine. */
async function validate(message: ReportMessage): Promise<void> {
  try {
    await parser.parse({ ...message, topic: '', partition: 0, offset: 0n });
  } catch (error) {
    throw error instanceof HttpProblem ? new ApiRejection(error.code, error.message, error.facts) : error;
  }
}
