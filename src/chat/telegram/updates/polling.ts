import { Injectable, Logger } from '@nestjs/common';
import type { Update } from 'grammy/types';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { backoffMs } from '../../../shared/backoff.js';
import { SerialQueue } from '../../../shared/serial-queue.js';
import { doneOrShutdown } from '../../../shared/shutdown-error.js';
import { BotHealth } from '../operations/bot-health.js';
import { BotMetrics } from '../operations/bot-metrics.js';
import {
  isUnknownToken,
  logFailure,
  PollingApi,
  retryTelegram,
  signalFor,
  type TelegramFailure,
  telegramFailure,
} from '../telegram-api.js';
import { QuarantiningHandler } from './quarantining-handler.js';
import { UnacknowledgedUpdates } from './unacknowledged-updates.js';

/** How long Telegram may hold a poll while there are no updates. */
const LONG_POLL_S = 30;

const LAST_ACKNOWLEDGEMENT_TIMEOUT_MS = 2_000;

// After a crash, a whole batch is delivered again, and is replied to again.
const MAX_BATCH = 10;

/** Telegram delivers no more past an unacknowledged update, itself included. */
const MAX_DELIVERED = 100;

/** Between two polls while updates wait: longer after each one that brings nothing new. */
const POLL_PAUSE = { firstMs: 200, maxMs: 2_000 } as const;

const UPDATE_KINDS = [
  'message',
  'edited_message',
  'channel_post',
  'edited_channel_post',
  'callback_query',
] as const satisfies readonly (keyof Update)[];

const logger = new Logger('Polling');

/**
 * Polls for updates and handles them one by one, in order. An update is acknowledged, which makes Telegram delete it, by the
 * next poll: after it and all updates before it are handled. If the bot ends before that, Telegram delivers it again.
 *
 * Updates that may wait are handled concurrently with the others, in order among themselves. While one of them waits,
 * Telegram delivers it and those behind it again, up to 100 in all; those that are handled already are skipped.
 */
@Injectable()
export class Polling {
  private readonly unacknowledged = new UnacknowledgedUpdates();
  private readonly waiting = new SerialQueue();

  constructor(
    private readonly api: PollingApi,
    private readonly handler: QuarantiningHandler,
    private readonly health: BotHealth,
    private readonly metrics: BotMetrics,
    private readonly stop: AbortSignal,
  ) {}

  /** Resolves when the bot is stopped, and the updates in flight are handled or left for the next start. */
  async run(): Promise<void> {
    await doneOrShutdown(this.poll());
    await doneOrShutdown(this.waiting.ended());
    await this.acknowledge();
  }

  private async poll(): Promise<void> {
    let pollsWithoutNew = 0;
    while (!this.stop.aborted) {
      const hasNew = await this.handleAll(await this.fetch());
      if (this.unacknowledged.size === 0) continue;
      pollsWithoutNew = hasNew ? 0 : pollsWithoutNew + 1;
      const pauseMs = backoffMs(pollsWithoutNew + 1, POLL_PAUSE);
      await Promise.race([this.waiting.ended(), sleepUnlessAborted(pauseMs, this.stop)]);
    }
  }

  /** @returns whether there is an update among them that was not delivered before. */
  private async handleAll(updates: readonly Update[]): Promise<boolean> {
    let hasNew = false;
    for (const update of updates) {
      if (this.stop.aborted) break;
      if (!this.unacknowledged.begin(update.update_id)) continue;
      hasNew = true;
      this.metrics.unacknowledgedUpdates.set(this.unacknowledged.size);
      if (this.handler.mayWait(update)) this.waiting.put(() => this.handle(update));
      else await this.handle(update);
    }
    return hasNew;
  }

  private async handle(update: Update): Promise<void> {
    await this.handler.handle(update);
    this.unacknowledged.finish(update.update_id);
    this.metrics.unacknowledgedUpdates.set(this.unacknowledged.size);
  }

  /** The next updates; none where there are none. @throws ShutdownError if the bot is stopped before Telegram answers. */
  private fetch(): Promise<readonly Update[]> {
    const { stop, metrics } = this;
    return retryTelegram(() => this.fetchOnce(), {
      stop,
      metrics,
      onFailure: (failure) => this.report(failure),
    });
  }

  private async fetchOnce(): Promise<readonly Update[]> {
    const { offset, size } = this.unacknowledged;
    const [limit, timeout] = size > 0 ? [MAX_DELIVERED, 0] : [MAX_BATCH, LONG_POLL_S];
    const options = { offset, limit, timeout, allowed_updates: UPDATE_KINDS };
    const updates = await this.api.getUpdates(options, signalFor(this.stop));
    this.health.polled();
    this.unacknowledged.acknowledged(offset);
    return updates;
  }

  private report(failure: TelegramFailure): void {
    const remedy = remedyFor(failure);
    if (!remedy) return logFailure(failure);
    this.health.pollRejected(remedy);
    logger.error(`${remedy} (${failure.reason}); retrying`);
  }

  /** Acknowledges the handled updates, so that the next start does not get them again; best effort. */
  private async acknowledge(): Promise<void> {
    const { offset } = this.unacknowledged;
    if (offset === undefined) return;
    try {
      const options = { offset, limit: 1, timeout: 0 };
      const timeout = AbortSignal.timeout(LAST_ACKNOWLEDGEMENT_TIMEOUT_MS);
      await this.api.getUpdates(options, signalFor(timeout));
    } catch (error) {
      const { reason } = telegramFailure(error);
      logger.warn(`the last updates are not acknowledged and will be delivered again (${reason})`);
    }
  }
}

/** What a person must do where Telegram rejects polls; undefined where retrying is enough. */
function remedyFor(failure: TelegramFailure): string | undefined {
  const { code, reason } = failure;
  if (code === 409 && /webhook/i.test(reason)) {
    return 'a webhook receives the updates of this bot: remove it by the method deleteWebhook of the Bot API';
  }
  if (code === 409) return 'another process polls with this token: only one may, so stop the other';
  return isUnknownToken(failure) ? 'Telegram does not know this bot: check TELEGRAM_BOT_TOKEN' : undefined;
}
