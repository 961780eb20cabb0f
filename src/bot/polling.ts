import { Logger } from '@nestjs/common';
import type { Api } from 'grammy';
import type { Update } from 'grammy/types';
import { pauseAfter, waited } from './backoff.js';
import type { BotHealth } from './bot-health.js';
import type { BotMetrics } from './bot-metrics.js';
import { Stopped } from './stopped.js';
import { failureIn, isUnknownBot, signalFor, type TelegramFailure } from './telegram.js';

/** How long Telegram may hold a poll while there is nothing, in seconds. */
const LONG_POLL = 30;

/** How long the last confirmation may take, in milliseconds. */
const LAST_POLL = 2_000;

// After a crash all of a batch is delivered again, and is answered in the chat again.
const BATCH = 10;

const UPDATES = [
  'message',
  'edited_message',
  'channel_post',
  'edited_channel_post',
  'callback_query',
] as const satisfies readonly (keyof Update)[];

const logger = new Logger('Telegram');

/**
 * Fetches updates and handles them one by one, in order. An update is confirmed, which makes Telegram forget it, when
 * the next batch is asked for: after its handler has ended well. Whatever ends before that gets it again.
 */
export class Polling {
  /** The first update that is not done with; undefined where all that was confirmed is known to Telegram. */
  private offset: number | undefined;
  private failures = 0;

  constructor(
    private readonly api: Api,
    private readonly handle: (update: Update) => Promise<void>,
    private readonly health: BotHealth,
    private readonly metrics: BotMetrics,
    private readonly stop: AbortSignal,
  ) {}

  /** Resolves when the bot is told to stop and the update at hand is done with, or left to the next start. */
  async run(): Promise<void> {
    try {
      while (!this.stop.aborted) {
        for (const update of await this.fetch()) {
          if (this.stop.aborted) break;
          await this.handle(update);
          this.offset = update.update_id + 1;
        }
      }
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
    await this.confirm();
  }

  /** The next updates; none where there are none, or Telegram does not answer. */
  private async fetch(): Promise<readonly Update[]> {
    const { offset } = this;
    try {
      const options = { offset, limit: BATCH, timeout: LONG_POLL, allowed_updates: UPDATES };
      const updates = await this.api.getUpdates(options, signalFor(this.stop));
      this.health.polled();
      this.failures = 0;
      // It is confirmed now. To go on naming it would hide all that comes where Telegram begins to count anew, as it
      // does after a week without updates.
      this.offset = undefined;
      return updates;
    } catch (error) {
      if (this.stop.aborted) return [];
      const failure = failureIn(error);
      this.tell(failure);
      this.metrics.retries.inc({ service: 'telegram' });
      await waited(pauseAfter(++this.failures, failure.retryAfter), this.stop);
      return [];
    }
  }

  private tell(failure: TelegramFailure): void {
    const remedy = remedyFor(failure);
    if (remedy) {
      this.health.pollRefused(remedy);
      logger.error(`${remedy} (${failure.reason}); waiting`);
    } else {
      logger.warn(`Telegram has no answer (${failure.reason}); waiting`);
    }
  }

  /** Tells Telegram what is done with, so that the next start does not get it again; if that fails, it does. */
  private async confirm(): Promise<void> {
    if (this.offset === undefined) return;
    try {
      const options = { offset: this.offset, limit: 1, timeout: 0 };
      await this.api.getUpdates(options, signalFor(AbortSignal.timeout(LAST_POLL)));
    } catch (error) {
      logger.warn(`the last updates are not confirmed and will come again (${failureIn(error).reason})`);
    }
  }
}

/** What a person is to do where Telegram refuses; undefined where it will mend by itself. */
function remedyFor(failure: TelegramFailure): string | undefined {
  const { code, reason } = failure;
  if (code === 409 && /webhook/i.test(reason)) {
    return 'a webhook is set for this bot, so no updates come here: remove it, by the method deleteWebhook of the Bot API';
  }
  if (code === 409) return 'another process polls with this token: only one may, so stop the other';
  return isUnknownBot(failure) ? 'Telegram does not know this bot: look at TELEGRAM_BOT_TOKEN' : undefined;
}
