import { Injectable, Logger } from '@nestjs/common';
import type { Chat, Message, Update } from 'grammy/types';
import { MessageInterpreter } from '../content/message-interpreter.js';
import { BotMetrics } from '../operations/bot-metrics.js';
import { ServedChats } from '../served-chats.js';
import { ButtonHandler } from './button-handler.js';
import { MessageHandler } from './message-handler.js';

/** How many unknown chats are remembered, to log each once. */
const MAX_UNKNOWN_CHATS = 1_000;

const logger = new Logger('UpdateHandler');

/** Dispatches the updates of the served chats to their handlers; updates of other chats are ignored. */
@Injectable()
export class UpdateHandler {
  private readonly unknownChats = new Set<number>();

  constructor(
    private readonly chats: ServedChats,
    private readonly interpreter: MessageInterpreter,
    private readonly messages: MessageHandler,
    private readonly buttons: ButtonHandler,
    private readonly metrics: BotMetrics,
  ) {}

  /**
   * Resolves when the update is handled for good.
   * @throws ShutdownError if the bot is stopped before that.
   */
  async handle(update: Update): Promise<void> {
    this.metrics.updates.inc({ kind: await this.dispatch(update) });
  }

  needsApi(update: Update): boolean {
    const { message, edited, query, chat } = partsOf(update);
    if (!chat || !this.chats.has(chat.id)) return false;
    if (query) return this.buttons.needsApi(query);
    if (this.isCopyOfServedPost(message ?? edited)) return false;
    return edited !== undefined || this.interpreter.needsApi(message!);
  }

  private async dispatch(update: Update): Promise<string> {
    const { message, edited, query, chat } = partsOf(update);
    if (!chat) return 'ignored';
    if (message && this.recordMigration(message)) return 'migration';
    if (!this.serves(chat)) return 'unknown_chat';
    this.chats.markReachable(chat.id);
    if (query) return this.buttons.handle(query);
    if (this.isCopyOfServedPost(message ?? edited)) return 'ignored';
    return edited ? this.messages.handleEdit(edited) : this.messages.handle(message!);
  }

  /** Whether Telegram has copied a post into the discussion group of a channel that is served itself. */
  private isCopyOfServedPost(message: Message | undefined): boolean {
    return message?.is_automatic_forward === true && this.chats.has(message.sender_chat?.id ?? NaN);
  }

  private serves(chat: Chat): boolean {
    if (this.chats.has(chat.id)) return true;
    if (!this.unknownChats.has(chat.id) && this.unknownChats.size < MAX_UNKNOWN_CHATS) {
      this.unknownChats.add(chat.id);
      logger.warn(`chat ${chat.id} (${chat.title ?? chat.type}) is not in TELEGRAM_CHAT_ID: it is ignored`);
    }
    return false;
  }

  /** Both the group and the supergroup that it becomes get a message about that. @returns whether this is one, in a served chat. */
  private recordMigration({ chat, migrate_to_chat_id: to, migrate_from_chat_id: from }: Message): boolean {
    if (to !== undefined) this.chats.migrate(chat.id, to);
    if (from !== undefined) this.chats.migrate(from, chat.id);
    return (to ?? from) !== undefined && this.chats.has(chat.id);
  }
}

/** The parts of an update; `chat` is undefined for kinds of updates that the bot does not request. */
export function partsOf(update: Update) {
  const message = update.message ?? update.channel_post;
  const edited = update.edited_message ?? update.edited_channel_post;
  const query = update.callback_query;
  return { message, edited, query, chat: (message ?? edited ?? query?.message)?.chat };
}
