import { Logger } from '@nestjs/common';
import type { Api } from 'grammy';
import { sleepUnlessAborted } from '../../shared/abort.js';
import { backoffMs } from '../../shared/backoff.js';
import type { BotHealth } from './bot-health.js';
import type { BotMetrics } from './bot-metrics.js';
import { failureIn, signalFor } from './telegram-api.js';

const logger = new Logger('Chats');

/** The chats that the bot serves, by their ids. A group that becomes a supergroup gets another id, and is still served. */
export class ServedChats {
  private readonly ids: Set<number>;
  private readonly newIds = new Map<number, number>();

  constructor(
    chats: readonly number[],
    private readonly health: BotHealth,
  ) {
    this.ids = new Set(chats);
  }

  has(id: number): boolean {
    return this.ids.has(id);
  }

  /** The id under which a chat can be written to now. */
  currentId(id: number): number {
    return this.newIds.get(id) ?? id;
  }

  /** A served chat has got another id; its old one is served as well, since Telegram may still bring what was written there. */
  follow(id: number, newId: number): void {
    if (!this.ids.has(id) || this.newIds.has(id)) return;
    this.ids.add(newId);
    this.newIds.set(id, newId);
    this.health.chatReachable(id);
    logger.warn(
      `group ${id} has become supergroup ${newId}, which is served too: set TELEGRAM_CHAT_ID to ${newId}`,
    );
  }

  /** Something has come from a chat. */
  heardFrom(id: number): void {
    this.health.chatReachable(id);
  }

  /**
   * Asks Telegram for each chat, so that a group that became a supergroup while the bot was away is served from the start.
   * Resolves when Telegram has answered for all, or the bot is told to stop.
   */
  async check(api: Api, metrics: BotMetrics, stop: AbortSignal): Promise<void> {
    for (const id of this.ids) await this.checkOne(id, api, metrics, stop);
  }

  private async checkOne(id: number, api: Api, metrics: BotMetrics, stop: AbortSignal): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        // Of a group that became a supergroup this fails with the new id, which getChat does not.
        await api.getChatMemberCount(id, signalFor(stop));
        return;
      } catch (error) {
        if (stop.aborted) return;
        const { code, reason, retryAfter, migratedTo } = failureIn(error);
        if (migratedTo !== undefined) return this.follow(id, migratedTo);
        if (code === 400 || code === 403) return this.unreachable(id, reason);
        logger.warn(`Telegram has no answer about chat ${id} (${reason}); waiting`);
        metrics.retries.inc({ service: 'telegram' });
        if (!(await sleepUnlessAborted(backoffMs(failures, { retryAfterMs: retryAfter }), stop))) return;
      }
    }
  }

  private unreachable(id: number, reason: string): void {
    const remedy = `add the bot to it, or set TELEGRAM_CHAT_ID to its new id if it became a supergroup`;
    this.health.chatUnreachable(id, `chat ${id} cannot be reached (${reason}): ${remedy}`);
    logger.error(`chat ${id} cannot be reached (${reason}): ${remedy}`);
  }
}
