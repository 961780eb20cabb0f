import { Logger } from '@nestjs/common';
import { pauseAfter, waited } from './backoff.js';
import type { BotMetrics } from './bot-metrics.js';
import { failureIn } from './telegram.js';

/** How much may wait to be said; past it, what comes is dropped. */
const ROOM = 1_000;
const TRIES = 5;

const logger = new Logger('Outbox');

/**
 * What the bot has to say, in order, beside the intake: Telegram lets a bot say far less than people tell it. Saying is
 * best effort; what cannot be said is counted and logged.
 */
export class Outbox {
  private last: Promise<void> = Promise.resolve();
  private waiting = 0;

  constructor(
    private readonly metrics: BotMetrics,
    /** Ends the pauses between tries. */
    private readonly stop: AbortSignal,
  ) {}

  /** @param what names it in the log. */
  put(what: string, say: () => Promise<unknown>): void {
    if (this.waiting >= ROOM) return this.failed(what, `${ROOM} others wait to be said`);
    this.waiting++;
    this.last = this.sayAfter(this.last, what, say);
  }

  /** Resolves when all has been said, or given up. */
  async emptied(): Promise<void> {
    await this.last;
  }

  private async sayAfter(others: Promise<void>, what: string, say: () => Promise<unknown>): Promise<void> {
    await others;
    await this.deliver(what, say);
    this.waiting--;
  }

  private async deliver(what: string, say: () => Promise<unknown>): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        await say();
        return;
      } catch (error) {
        const { code, reason, retryAfter, migratedTo } = failureIn(error);
        // It shows already what it should: this was said before.
        if (reason.includes('message is not modified')) return;
        const isFinal = code !== undefined && code !== 429 && code < 500;
        if (isFinal || failures === TRIES) {
          const hint = migratedTo === undefined ? '' : `; the chat is ${migratedTo} now`;
          return this.failed(what, reason + hint);
        }
        this.metrics.retries.inc({ service: 'telegram' });
        if (!(await waited(pauseAfter(failures, retryAfter), this.stop))) return this.failed(what, reason);
      }
    }
  }

  private failed(what: string, reason: string): void {
    this.metrics.repliesFailed.inc();
    logger.warn(`not said: ${what} (${reason})`);
  }
}
