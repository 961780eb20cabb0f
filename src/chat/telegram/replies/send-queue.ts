import { Logger } from '@nestjs/common';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { backoffMs } from '../../../shared/backoff.js';
import type { BotMetrics } from '../operations/bot-metrics.js';
import type { ServedChats } from '../served-chats.js';
import { telegramFailure } from '../telegram-api.js';

/** In all chats together; beyond it, new messages are dropped. */
const MAX_QUEUED = 1_000;

/** How often a message is sent where Telegram fails or does not answer. Rate limiting (429) does not count. */
const MAX_FAILURES = 5;

const logger = new Logger('SendQueue');

/** Sends to the chat, whose id may have changed since the message was queued. */
type Send = (chatId: number) => Promise<unknown>;

/**
 * Outgoing messages, in order within each chat, concurrent with the handling of updates: Telegram accepts far fewer messages
 * from a bot than it delivers, and it may throttle one chat for minutes while the others go on. Sending is best effort; failures
 * are counted and logged.
 */
export class SendQueue {
  /** The last message of each chat that has one queued. */
  private readonly tails = new Map<number, Promise<void>>();
  private queued = 0;

  constructor(
    private readonly chats: ServedChats,
    private readonly metrics: BotMetrics,
    /** Aborts the pauses between attempts. */
    private readonly stop: AbortSignal,
  ) {}

  /**
   * @param name of the message in the log.
   * @returns false if it is dropped.
   */
  put(chatId: number, name: string, send: Send): boolean {
    if (this.queued >= MAX_QUEUED) {
      this.failed(name, `${MAX_QUEUED} others are queued`);
      return false;
    }
    this.queued++;
    const tail = this.sendAfter(this.tails.get(chatId), chatId, name, send);
    this.tails.set(chatId, tail);
    void this.forget(chatId, tail);
    return true;
  }

  /** Resolves when all messages are sent, or given up. */
  async drained(): Promise<void> {
    await Promise.all(this.tails.values());
  }

  private async forget(chatId: number, tail: Promise<void>): Promise<void> {
    await tail;
    if (this.tails.get(chatId) === tail) this.tails.delete(chatId);
  }

  private async sendAfter(
    others: Promise<void> | undefined,
    chatId: number,
    name: string,
    send: Send,
  ): Promise<void> {
    await others;
    await this.sendWithRetries(chatId, name, send);
    this.queued--;
  }

  private async sendWithRetries(chatId: number, name: string, send: Send): Promise<void> {
    let failures = 0;
    for (let attempts = 1; ; attempts++) {
      const id = this.chats.currentId(chatId);
      try {
        await send(id);
        return;
      } catch (error) {
        const { code, reason, retryAfterMs, migratedTo } = telegramFailure(error);
        // An earlier attempt has succeeded.
        if (reason.includes('message is not modified')) return;
        if (migratedTo !== undefined) this.chats.migrate(chatId, migratedTo);
        if (this.chats.currentId(chatId) !== id) continue;
        if (code !== 429) failures++;
        const isFinal = code !== undefined && code !== 429 && code < 500;
        if (isFinal || failures === MAX_FAILURES) return this.failed(name, reason);
        this.metrics.retried('telegram');
        if (!(await sleepUnlessAborted(backoffMs(attempts, { retryAfterMs }), this.stop)))
          return this.failed(name, reason);
      }
    }
  }

  private failed(name: string, reason: string): void {
    this.metrics.repliesFailed.inc();
    logger.warn(`could not send ${name} (${reason})`);
  }
}
