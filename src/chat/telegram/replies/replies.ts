import { Injectable, Logger } from '@nestjs/common';
import type { CallbackQuery, InlineKeyboardMarkup, Message } from 'grammy/types';
import { shorten } from '../../../shared/shorten.js';
import { TimeoutError, withTimeout } from '../../../shared/timeout.js';
import type { Button, OutgoingMessage } from '../../core/messages/outgoing-message.js';
import { BotMetrics } from '../operations/bot-metrics.js';
import { ServedChats } from '../served-chats.js';
import { TelegramApi } from '../telegram-api.js';
import { SendQueue } from './send-queue.js';

/** Telegram shows no more in the notice of a button. */
const MAX_NOTICE_LENGTH = 200;

/** Where a message is. */
export type MessageReference = Pick<Message, 'message_id'> & { readonly chat: Pick<Message['chat'], 'id'> };

export interface Reply extends OutgoingMessage {
  /** Receives the message that Telegram has made of it. */
  readonly onSent?: (sent: Message) => void;
}

const logger = new Logger('Replies');

/** The bot's messages: each is queued, and sent when Telegram accepts it; nobody waits for that. */
@Injectable()
export class Replies {
  private readonly messages: SendQueue;
  /** Notices have a queue of their own: they are worth something only at once. */
  private readonly notices: SendQueue;
  /** The newest text of each message whose edit is queued, by the name of the edit: a later edit replaces it. */
  private readonly edits = new Map<string, OutgoingMessage>();

  constructor(
    private readonly api: TelegramApi,
    chats: ServedChats,
    metrics: BotMetrics,
    stop: AbortSignal,
  ) {
    this.messages = new SendQueue(chats, metrics, stop);
    this.notices = new SendQueue(chats, metrics, stop);
  }

  reply(to: Message, { text, buttons, onSent }: Reply): void {
    const name = `a reply to message ${to.message_id} of chat ${to.chat.id}`;
    this.messages.put(to.chat.id, name, async (chatId) => {
      const sent = await this.api.sendMessage(chatId, text, {
        reply_parameters: { message_id: to.message_id, allow_sending_without_reply: true },
        message_thread_id: to.is_topic_message ? to.message_thread_id : undefined,
        reply_markup: keyboardOf(buttons),
        link_preview_options: { is_disabled: true },
      });
      onSent?.(sent);
    });
  }

  /** Replaces a message of the bot. */
  edit({ chat: { id }, message_id: messageId }: MessageReference, replacement: OutgoingMessage): void {
    const name = `an edit of message ${messageId} of chat ${id}`;
    const isQueued = this.edits.has(name);
    this.edits.set(name, replacement);
    if (isQueued) return;
    let newest = replacement;
    const isAccepted = this.messages.put(id, name, (chatId) => {
      newest = this.edits.get(name) ?? newest;
      this.edits.delete(name);
      return this.api.editMessageText(chatId, messageId, newest.text, {
        reply_markup: keyboardOf(newest.buttons) ?? { inline_keyboard: [] },
        link_preview_options: { is_disabled: true },
      });
    });
    if (!isAccepted) this.edits.delete(name);
  }

  /** Answers the press of a button; without a text, Telegram only stops showing progress. */
  notify({ id, from }: Pick<CallbackQuery, 'id' | 'from'>, text?: string): void {
    this.notices.put(from.id, `a notice for button press ${id}`, () =>
      this.api.answerCallbackQuery(id, { text: text && shorten(text, MAX_NOTICE_LENGTH) }),
    );
  }

  /** Resolves when the queues are drained, or after the timeout; then the log says that replies are unsent. */
  async drain(timeoutMs: number): Promise<void> {
    try {
      await withTimeout(Promise.all([this.messages.drained(), this.notices.drained()]), timeoutMs);
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      logger.warn('stopping with unsent replies');
    }
  }
}

function keyboardOf(buttons: readonly Button[] = []): InlineKeyboardMarkup | undefined {
  if (buttons.length === 0) return undefined;
  return { inline_keyboard: [buttons.map(({ label, data }) => ({ text: label, callback_data: data }))] };
}
