import { Logger } from '@nestjs/common';
import type { Chat, Message, Update } from 'grammy/types';
import type { BotMetrics } from '../bot-metrics.js';
import type { ButtonHandler } from './button-handler.js';
import type { EditHandler } from './edit-handler.js';
import type { MessageInterpreter } from '../content/message-interpreter.js';
import type { MessageHandler } from './message-handler.js';
import type { ServedChats } from '../served-chats.js';

/** How many foreign chats are remembered, each to be logged once. */
const MAX_FOREIGN = 1_000;

const logger = new Logger('Bot');

/** Brings each update of the bot's chats to its handler; other chats are none of its business. */
export class UpdateHandler {
  private readonly foreign = new Set<number>();

  constructor(
    private readonly chats: ServedChats,
    private readonly hearing: MessageInterpreter,
    private readonly messages: MessageHandler,
    private readonly edits: EditHandler,
    private readonly buttons: ButtonHandler,
    private readonly metrics: BotMetrics,
  ) {}

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
    if (this.isKnownFromChannel(message ?? edited)) return false;
    return edited !== undefined || this.hearing.needsRegister(message!);
  }

  private async kindOf(update: Update): Promise<string> {
    const { message, edited, query, chat } = partsOf(update);
    if (!chat) return 'ignored';
    if (message && this.follows(message)) return 'migration';
    if (!this.serves(chat)) return 'foreign';
    this.chats.heardFrom(chat.id);
    if (query) return this.buttons.handle(query);
    if (this.isKnownFromChannel(message ?? edited)) return 'ignored';
    return edited ? this.edits.handle(edited) : this.messages.handle(message!);
  }

  /** Whether Telegram has brought a post into the discussion group of a channel that is served itself. */
  private isKnownFromChannel(message: Message | undefined): boolean {
    return message?.is_automatic_forward === true && this.chats.has(message.sender_chat?.id ?? NaN);
  }

  private serves(chat: Chat): boolean {
    if (this.chats.has(chat.id)) return true;
    if (!this.foreign.has(chat.id) && this.foreign.size < MAX_FOREIGN) {
      this.foreign.add(chat.id);
      logger.warn(`chat ${chat.id} (${chat.title ?? chat.type}) is not in TELEGRAM_CHAT_ID: it is ignored`);
    }
    return false;
  }

  /** A group that becomes a supergroup gets another id, of which both are told. @returns whether the message tells of that. */
  private follows({ chat, migrate_to_chat_id: to, migrate_from_chat_id: from }: Message): boolean {
    if (to !== undefined) this.chats.follow(chat.id, to);
    if (from !== undefined) this.chats.follow(from, chat.id);
    return (to ?? from) !== undefined && this.chats.has(chat.id);
  }
}

/** What an update is about; `chat` is undefined where it is of none of the kinds that the bot asks for. */
export function partsOf(update: Update) {
  const message = update.message ?? update.channel_post;
  const edited = update.edited_message ?? update.edited_channel_post;
  const query = update.callback_query;
  return { message, edited, query, chat: (message ?? edited ?? query?.message)?.chat };
}
