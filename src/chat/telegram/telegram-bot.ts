import { Injectable, Logger } from '@nestjs/common';
import { ChatNotices } from '../core/notices/chat-notices.js';
import { doneOrShutdown } from '../../shared/shutdown-error.js';
import { StartupError } from '../../shared/startup-error.js';
import { BotIdentity } from './bot-identity.js';
import { MigratedSettings } from './migrated-settings.js';
import { ApiProbe } from './operations/api-probe.js';
import { BotLease } from './operations/bot-lease.js';
import { BotMetrics } from './operations/bot-metrics.js';
import { PendingConfirmations } from './replies/pending-confirmations.js';
import { Replies } from './replies/replies.js';
import { ServedChats } from './served-chats.js';
import {
  isUnknownToken,
  logFailure,
  retryTelegram,
  signalFor,
  TelegramApi,
  type TelegramFailure,
} from './telegram-api.js';
import { Polling } from './updates/polling.js';

/** How long unsent replies may take after the last update. */
const DRAIN_TIMEOUT_MS = 3_000;

const logger = new Logger('Bot');

/** The bot in Telegram. */
@Injectable()
export class TelegramBot {
  constructor(
    private readonly api: TelegramApi,
    private readonly identity: BotIdentity,
    private readonly chats: ServedChats,
    private readonly polling: Polling,
    private readonly confirmations: PendingConfirmations,
    private readonly notices: ChatNotices,
    private readonly migratedSettings: MigratedSettings,
    private readonly replies: Replies,
    private readonly lease: BotLease,
    private readonly probe: ApiProbe,
    private readonly metrics: BotMetrics,
    private readonly stop: AbortSignal,
  ) {}

  /**
   * Serves the chats until the bot is stopped.
   * @throws StartupError if Telegram does not know the bot's token.
   */
  async run(): Promise<void> {
    const probing = this.probe.run();
    await doneOrShutdown(this.serve());
    await probing;
  }

  private async serve(): Promise<void> {
    const { stop, metrics } = this;
    const user = await retryTelegram(() => this.api.getMe(signalFor(stop)), {
      stop,
      metrics,
      onFailure: requireKnownToken,
    });
    this.identity.learn(user);
    await this.lease.acquire();
    logger.log(`serving as @${user.username}`);
    await this.chats.check(this.api, metrics, stop);
    await Promise.all([
      this.polling.run(),
      doneOrShutdown(this.lease.keep()),
      this.confirmations.run(),
      doneOrShutdown(this.notices.run()),
      doneOrShutdown(this.migratedSettings.run()),
    ]);
    await this.replies.drain(DRAIN_TIMEOUT_MS);
    await this.lease.release();
  }
}

function requireKnownToken(failure: TelegramFailure): void {
  if (!isUnknownToken(failure)) return logFailure(failure);
  throw new StartupError(
    `Telegram does not know this bot (${failure.reason}): set TELEGRAM_BOT_TOKEN to the token that @BotFather gave.`,
  );
}
