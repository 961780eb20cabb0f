import { Logger } from '@nestjs/common';
import type { Chat, Message, Update } from 'grammy/types';
import type { BotMetrics } from './bot-metrics.js';
import type { ButtonHandler } from './button-handler.js';
import type { EditHandler } from './edit-handler.js';
import type { Hearing } from './hearing.js';
import type { MessageHandler } from './message-handler.js';

/** How many foreign chats are remembered, each to be logged once. */
const MAX_FOREIGN = 1_000;

const logger = new Logger('Bot');

/** Brings each update of the bot's chats to its handler; other chats are none of its business. */
export class UpdateHandler {
  private readonly chats: Set<number>;
  private readonly foreign = new Set<number>();

  constructor(
    chats: readonly number[],
    private readonly hearing: Hearing,
    private readonly messages: MessageHandler,
    private readonly edits: EditHandler,
    private readonly buttons: ButtonHandler,
    private readonly metrics: BotMetrics,
  ) {
    this.chats = new Set(chats);
  }

  /**
   * Handles an update; when this resolves, it is done with for good.
   * @throws Stopped where the bot is told to stop before that.
   */
  async handle(update: Update): Promise<void> {
    this.metrics.updates.inc({ kind: await this.kindOf(update) });
  }

  /** Whether it takes the register to handle an update: those wait where the register is away. */
  needsRegister(update: Update): boolean {
    const { message, edited, query, chat } = partsOf(update);
    if (!chat || !this.chats.has(chat.id)) return false;
    if (query) return this.buttons.needsRegister(query);
    return edited !== undefined || this.hearing.needsRegister(message!);
  }

  private async kindOf(update: Update): Promise<string> {
    const { message, edited, query, chat } = partsOf(update);
    if (!chat) return 'ignored';
    if (!this.serves(chat)) return 'foreign';
    if (query) return this.buttons.handle(query);
    if (edited) return this.edits.handle(edited);
    return message && this.follow(message) ? 'migration' : this.messages.handle(message!);
  }

  private serves(chat: Chat): boolean {
    if (this.chats.has(chat.id)) return true;
    if (!this.foreign.has(chat.id) && this.foreign.size < MAX_FOREIGN) {
      this.foreign.add(chat.id);
      logger.warn(`chat ${chat.id} (${chat.title ?? chat.type}) is not in TELEGRAM_CHAT_ID: it is ignored`);
    }
    return false;
  }

  /** A group that becomes a supergroup gets another id. */
  private follow({ chat, migrate_to_chat_id: id }: Message): boolean {
    if (id === undefined) return false;
    this.chats.add(id);
    logger.error(
      `chat ${chat.id} has become ${id}: set TELEGRAM_CHAT_ID before the next start, until which both work`,
    );
    return true;
  }
}

function partsOf(update: Update) {
  const message = update.message ?? update.channel_post;
  const edited = update.edited_message ?? update.edited_channel_post;
  const query = update.callback_query;
  return { message, edited, query, chat: (message ?? edited ?? query?.message)?.chat };
}
