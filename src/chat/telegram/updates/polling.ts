import { Logger } from '@nestjs/common';
import type { Api } from 'grammy';
import type { Update } from 'grammy/types';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { backoffMs } from '../../../shared/backoff.js';
import type { BotHealth } from '../bot-health.js';
import type { BotMetrics } from '../bot-metrics.js';
import { SerialQueue } from '../../../shared/serial-queue.js';
import { UnacknowledgedUpdates } from './unacknowledged-updates.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';
import { failureIn, isUnknownBot, signalFor, type TelegramFailure } from '../telegram-api.js';

/** How long Telegram may hold a poll while there is nothing, in seconds. */
const LONG_POLL = 30;

/** How long the last confirmation may take, in milliseconds. */
const LAST_POLL = 2_000;

// After a crash all of a batch is delivered again, and is answered in the chat again.
const BATCH = 10;

/** How far Telegram lets one see past an update that waits, itself included. */
const MOST = 100;

/** Between two polls while updates wait: longer after each one that brings nothing new. */
const POLL_PAUSE = { firstMs: 200, maxMs: 2_000 } as const;

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
 * the next batch is asked for: after its handler, and those of all before it, have ended well. Whatever ends before that
 * gets it again.
 *
 * Updates that may wait are handled beside the others, in order among themselves. While one of them waits, Telegram
 * delivers it and what came behind it again, up to 100 in all; those done with ahead of it are passed over.
 */
export class Polling {
  private readonly open = new UnacknowledgedUpdates();
  private readonly lane = new SerialQueue();
  private failures = 0;

  constructor(
    private readonly api: Api,
    private readonly handle: (update: Update) => Promise<void>,
    /** Whether others may be done with while this one waits. */
    private readonly mayWait: (update: Update) => boolean,
    private readonly health: BotHealth,
    private readonly metrics: BotMetrics,
    private readonly stop: AbortSignal,
  ) {}

  /** Resolves when the bot is told to stop and the updates at hand are done with, or left to the next start. */
  async run(): Promise<void> {
    await unlessStopped(this.poll());
    await unlessStopped(this.lane.ended());
    await this.confirm();
  }

  private async poll(): Promise<void> {
    let pollsWithoutNew = 0;
    while (!this.stop.aborted) {
      const hasNew = await this.takeAll(await this.fetch());
      if (this.open.size === 0) continue;
      pollsWithoutNew = hasNew ? 0 : pollsWithoutNew + 1;
      const pauseMs = backoffMs(pollsWithoutNew + 1, POLL_PAUSE);
      await Promise.race([this.lane.ended(), sleepUnlessAborted(pauseMs, this.stop)]);
    }
  }

  /** @returns whether there is an update among them that was not delivered before. */
  private async takeAll(updates: readonly Update[]): Promise<boolean> {
    let hasNew = false;
    for (const update of updates) {
      if (this.stop.aborted) break;
      if (!this.open.begin(update.update_id)) continue;
      hasNew = true;
      this.metrics.updatesUnconfirmed.set(this.open.size);
      if (this.mayWait(update)) this.lane.put(() => this.take(update));
      else await this.take(update);
    }
    return hasNew;
  }

  private async take(update: Update): Promise<void> {
    await this.handle(update);
    this.open.end(update.update_id);
    this.metrics.updatesUnconfirmed.set(this.open.size);
  }

  /** The next updates; none where there are none, or Telegram does not answer. */
  private async fetch(): Promise<readonly Update[]> {
    const { offset, size } = this.open;
    const [limit, timeout] = size > 0 ? [MOST, 0] : [BATCH, LONG_POLL];
    try {
      const options = { offset, limit, timeout, allowed_updates: UPDATES };
      const updates = await this.api.getUpdates(options, signalFor(this.stop));
      this.health.polled();
      this.failures = 0;
      this.open.confirmed(offset);
      return updates;
    } catch (error) {
      if (this.stop.aborted) return [];
      const failure = failureIn(error);
      this.tell(failure);
      this.metrics.retries.inc({ service: 'telegram' });
      await sleepUnlessAborted(backoffMs(++this.failures, { retryAfterMs: failure.retryAfter }), this.stop);
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
    const { offset } = this.open;
    if (offset === undefined) return;
    try {
      const options = { offset, limit: 1, timeout: 0 };
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

async function unlessStopped(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ShutdownError)) throw error;
  }
}
