import { Injectable, Logger } from '@nestjs/common';
import type { UserFromGetMe } from 'grammy/types';
import { sleepUnlessAborted } from '../../shared/abort.js';
import { backoffMs } from '../../shared/backoff.js';
import { BotIdentity } from './bot-identity.js';
import { ApiProbe } from './operations/api-probe.js';
import { BotMetrics } from './operations/bot-metrics.js';
import { PendingConfirmations } from './replies/pending-confirmations.js';
import { Replies } from './replies/replies.js';
import { ServedChats } from './served-chats.js';
import { isUnknownToken, signalFor, TelegramApi, telegramFailure } from './telegram-api.js';
import { Polling } from './updates/polling.js';

/** How long unsent replies may take after the last update. */
const DRAIN_TIMEOUT_MS = 3_000;

const logger = new Logger('Bot');

/** Telegram does not know the bot's token. */
export class UnknownToken extends Error {}

/** The bot in Telegram. */
@Injectable()
export class TelegramBot {
  constructor(
    private readonly api: TelegramApi,
    private readonly identity: BotIdentity,
    private readonly chats: ServedChats,
    private readonly polling: Polling,
    private readonly confirmations: PendingConfirmations,
    private readonly replies: Replies,
    private readonly probe: ApiProbe,
    private readonly metrics: BotMetrics,
    private readonly stop: AbortSignal,
  ) {}

  /**
   * Serves the chats until the bot is stopped.
   * @throws UnknownToken
   */
  async run(): Promise<void> {
    const probing = this.probe.run();
    const user = await this.identify();
    if (user) {
      this.identity.learn(user);
      logger.log(`serving as @${user.username}`);
      await this.chats.check(this.api, this.metrics, this.stop);
      await Promise.all([this.polling.run(), this.confirmations.run()]);
      await this.replies.drain(DRAIN_TIMEOUT_MS);
    }
    await probing;
  }

  /** The bot's own user; undefined if the bot is stopped before Telegram has answered. */
  private async identify(): Promise<UserFromGetMe | undefined> {
    for (let failures = 1; ; failures++) {
      try {
        return await this.api.getMe(signalFor(this.stop));
      } catch (error) {
        if (this.stop.aborted) return undefined;
        const failure = telegramFailure(error);
        if (isUnknownToken(failure)) {
          throw new UnknownToken(
            'Telegram does not know this bot: set TELEGRAM_BOT_TOKEN to the token that @BotFather gave.',
            { cause: error },
          );
        }
        logger.warn(`Telegram does not answer (${failure.reason}); retrying`);
        this.metrics.retried('telegram');
        const pauseMs = backoffMs(failures, { retryAfterMs: failure.retryAfterMs });
        if (!(await sleepUnlessAborted(pauseMs, this.stop))) return undefined;
      }
    }
  }
}
