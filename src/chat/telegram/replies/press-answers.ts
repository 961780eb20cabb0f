import { Logger } from '@nestjs/common';
import type { CallbackQuery } from 'grammy/types';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { backoffMs } from '../../../shared/backoff.js';
import { shorten } from '../../../shared/shorten.js';
import type { BotMetrics } from '../operations/bot-metrics.js';
import { isFinal, type TelegramApi, telegramFailure } from '../telegram-api.js';

/** Telegram shows no more. */
const MAX_ANSWER_LENGTH = 200;

/** Beyond it, new answers are dropped. */
const MAX_PENDING = 1_000;

/** Telegram accepts an answer for a short time only. */
const MAX_ATTEMPTS = 5;

const logger = new Logger('PressAnswers');

/** Answers to presses of buttons. They are no messages, and are worth something only at once: no limit of a chat applies to them. */
export class PressAnswers {
  private readonly pending = new Set<Promise<void>>();

  constructor(
    private readonly api: TelegramApi,
    private readonly metrics: BotMetrics,
    /** Aborts the pauses between attempts. */
    private readonly stop: AbortSignal,
  ) {}

  /** Answers the press of a button; without a text, Telegram only stops showing progress. */
  send({ id }: Pick<CallbackQuery, 'id'>, text?: string): void {
    if (this.pending.size >= MAX_PENDING) return this.recordFailure(id, `${MAX_PENDING} others are pending`);
    const sending = this.sendWithRetries(id, text && shorten(text, MAX_ANSWER_LENGTH));
    this.pending.add(sending);
    void sending.finally(() => this.pending.delete(sending));
  }

  /** Resolves when all answers are sent, or given up. */
  async drained(): Promise<void> {
    await Promise.all(this.pending);
  }

  private async sendWithRetries(id: string, text: string | undefined): Promise<void> {
    for (let attempts = 1; ; attempts++) {
      try {
        await this.api.answerCallbackQuery(id, { text });
        return;
      } catch (error) {
        const failure = telegramFailure(error);
        const { reason, retryAfterMs } = failure;
        if (isFinal(failure) || attempts === MAX_ATTEMPTS) return this.recordFailure(id, reason);
        this.metrics.retried('telegram');
        const pauseMs = backoffMs(attempts, { retryAfterMs });
        if (!(await sleepUnlessAborted(pauseMs, this.stop))) return this.recordFailure(id, reason);
      }
    }
  }

  private recordFailure(id: string, reason: string): void {
    this.metrics.repliesFailed.inc();
    logger.warn(`could not answer button press ${id} (${reason})`);
  }
}
