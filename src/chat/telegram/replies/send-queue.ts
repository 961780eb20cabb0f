import { Logger } from '@nestjs/common';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { backoffMs } from '../../../shared/backoff.js';
import type { BotMetrics } from '../bot-metrics.js';
import type { ServedChats } from '../served-chats.js';
import { failureIn } from '../telegram-api.js';

/** How much may wait to be said in all chats; past it, what comes is dropped. */
const MAX_WAITING = 1_000;

/** How often something is tried where Telegram fails or does not answer. What it puts off (429) does not count. */
const MAX_FAILURES = 5;

const logger = new Logger('Outbox');

/**
 * What the bot has to say, in order in each chat, beside the intake: Telegram lets a bot say far less than people tell it, and
 * one chat may be told to wait for minutes, which is nothing to the others. Saying is best effort; what cannot be said is
 * counted and logged.
 */
export class SendQueue {
  /** The end of each chat's queue, where something waits. */
  private readonly ends = new Map<number, Promise<void>>();
  private waiting = 0;

  constructor(
    private readonly chats: ServedChats,
    private readonly metrics: BotMetrics,
    /** Ends the pauses between tries. */
    private readonly stop: AbortSignal,
  ) {}

  /**
   * @param what names it in the log.
   * @param say is given the id that the chat has then.
   * @returns false where it is dropped.
   */
  put(chat: number, what: string, say: (chat: number) => Promise<unknown>): boolean {
    if (this.waiting >= MAX_WAITING) {
      this.failed(what, `${MAX_WAITING} others wait to be said`);
      return false;
    }
    this.waiting++;
    const end = this.sayAfter(this.ends.get(chat), chat, what, say);
    this.ends.set(chat, end);
    void this.forget(chat, end);
    return true;
  }

  /** Resolves when all has been said, or given up. */
  async emptied(): Promise<void> {
    await Promise.all(this.ends.values());
  }

  private async forget(chat: number, end: Promise<void>): Promise<void> {
    await end;
    if (this.ends.get(chat) === end) this.ends.delete(chat);
  }

  private async sayAfter(
    others: Promise<void> | undefined,
    chat: number,
    what: string,
    say: (chat: number) => Promise<unknown>,
  ): Promise<void> {
    await others;
    await this.deliver(chat, what, say);
    this.waiting--;
  }

  private async deliver(chat: number, what: string, say: (chat: number) => Promise<unknown>): Promise<void> {
    let failures = 0;
    for (let tries = 1; ; tries++) {
      const id = this.chats.currentId(chat);
      try {
        await say(id);
        return;
      } catch (error) {
        const { code, reason, retryAfter, migratedTo } = failureIn(error);
        // It shows already what it should: this was said before.
        if (reason.includes('message is not modified')) return;
        if (migratedTo !== undefined) this.chats.follow(chat, migratedTo);
        if (this.chats.currentId(chat) !== id) continue;
        if (code !== 429) failures++;
        const isFinal = code !== undefined && code !== 429 && code < 500;
        if (isFinal || failures === MAX_FAILURES) return this.failed(what, reason);
        this.metrics.retries.inc({ service: 'telegram' });
        if (!(await sleepUnlessAborted(backoffMs(tries, { retryAfterMs: retryAfter }), this.stop)))
          return this.failed(what, reason);
      }
    }
  }

  private failed(what: string, reason: string): void {
    this.metrics.repliesFailed.inc();
    logger.warn(`not said: ${what} (${reason})`);
  }
}
