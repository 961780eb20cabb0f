import { Injectable, Logger } from '@nestjs/common';
import { unlessAborted } from '../../shared/abort.js';
import { BotConfig } from './bot-config.js';
import { BotHealth } from './operations/bot-health.js';
import type { BotMetrics } from './operations/bot-metrics.js';
import { retryTelegram, signalFor, type TelegramApi, telegramFailure } from './telegram-api.js';

const logger = new Logger('ServedChats');

/** The chats that the bot serves, by their ids. A group that becomes a supergroup gets another id, and is still served. */
@Injectable()
export class ServedChats {
  private readonly ids: Set<number>;
  private readonly newIds = new Map<number, number>();
  private nextMigration = Promise.withResolvers<void>();

  constructor(
    { chats }: BotConfig,
    private readonly health: BotHealth,
  ) {
    this.ids = new Set(chats);
  }

  has(id: number): boolean {
    return this.ids.has(id);
  }

  /** The id to which messages to a chat are sent now. */
  currentId(id: number): number {
    return this.newIds.get(id) ?? id;
  }

  /** The groups that have become supergroups, and those that become so until the signal is aborted, with the new id of each. */
  async *migrations(signal: AbortSignal): AsyncGenerator<readonly [id: number, newId: number]> {
    for (let count = 0; !signal.aborted;) {
      const { promise: next } = this.nextMigration;
      const added = [...this.newIds].slice(count);
      count += added.length;
      yield* added;
      await unlessAborted(next, signal);
    }
  }

  /** Records a chat's new id. The old one is still served: Telegram may still deliver messages that were written there. */
  migrate(id: number, newId: number): void {
    if (!this.ids.has(id) || this.newIds.has(id)) return;
    this.ids.add(newId);
    this.newIds.set(id, newId);
    this.nextMigration.resolve();
    this.nextMigration = Promise.withResolvers();
    this.health.chatReachable(id);
    logger.warn(
      `group ${id} has become supergroup ${newId}, which is served too: set TELEGRAM_CHAT_ID to ${newId}`,
    );
  }

  /** Records that an update has come from a chat, or that it has got a message. */
  markReachable(id: number): void {
    this.health.chatReachable(id);
  }

  /**
   * Requests each chat, so that a group that has become a supergroup while the bot was down is served from the start.
   * Resolves when Telegram has answered for all.
   * @throws ShutdownError if the bot is stopped before that.
   */
  async check(api: TelegramApi, metrics: BotMetrics, stop: AbortSignal): Promise<void> {
    for (const id of this.ids) await retryTelegram(() => this.checkOnce(id, api, stop), { stop, metrics });
  }

  private async checkOnce(id: number, api: TelegramApi, stop: AbortSignal): Promise<void> {
    try {
      // For a group that has become a supergroup, this fails with the new id; getChat does not.
      await api.getChatMemberCount(id, signalFor(stop));
    } catch (error) {
      if (stop.aborted) throw error;
      const { code, reason, migratedTo } = telegramFailure(error);
      if (migratedTo !== undefined) this.migrate(id, migratedTo);
      else if (code === 400 || code === 403) this.markUnreachable(id, reason);
      else throw error;
    }
  }

  /** Records that Telegram does not accept messages to a chat. @param reason as Telegram gives it. */
  markUnreachable(id: number, reason: string): void {
    const remedy = `add the bot to it, or set TELEGRAM_CHAT_ID to its new id if it became a supergroup`;
    this.health.chatUnreachable(id, `chat ${id} is unreachable (${reason}): ${remedy}`);
    logger.error(`chat ${id} is unreachable (${reason}): ${remedy}`);
  }
}
