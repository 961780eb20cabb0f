import { Injectable, Logger } from '@nestjs/common';
import type { CallbackQuery, InlineKeyboardMarkup, Message } from 'grammy/types';
import { MonotonicClock } from '../../../shared/time/monotonic-clock.js';
import { TimeoutError, withTimeout } from '../../../shared/time/timeout.js';
import type { Button, OutgoingMessage } from '../../core/messages/outgoing-message.js';
import { BotConfig } from '../bot-config.js';
import { BotMetrics } from '../operations/bot-metrics.js';
import { ServedChats } from '../served-chats.js';
import { TelegramApi } from '../telegram-api.js';
import { PressAnswers } from './press-answers.js';
import { QueuedMessage } from './queued-message.js';
import { SendQueue } from './send-queue.js';

/** Where a message is. */
export type MessageReference = Pick<Message, 'message_id'> & { readonly chat: Pick<Message['chat'], 'id'> };

/** A message of the bot that may change: while it waits, once it is sent, and after it was combined with others. */
export interface UpdatableMessage {
  /** Its id in the chat; undefined until it is sent, and where it is only a line of another message. */
  readonly id: number | undefined;
  /** Replaces it. What was combined with others is sent anew, or left as it is. */
  update(content: OutgoingMessage, ifCombined?: 'send' | 'leave'): void;
}

export interface Reply extends OutgoingMessage {
  /** Receives the reply once it is queued. */
  readonly onQueued?: (reply: UpdatableMessage) => void;
}

/** A message that no person has asked for. */
export interface Post extends OutgoingMessage {
  /** The id of the message that it replies to; if that is deleted, it is sent all the same. */
  readonly replyTo?: number;
  /** Whether it makes no sound. */
  readonly isSilent?: boolean;
}

interface SendOptions {
  readonly replyTo?: number | undefined;
  readonly threadId?: number | undefined;
  readonly isSilent?: boolean | undefined;
}

const logger = new Logger('Replies');

/** The bot's messages. Each is queued, and sent as soon as Telegram's limits allow it, alone or combined with others that wait. */
@Injectable()
export class Replies {
  private readonly messages: SendQueue;
  private readonly presses: PressAnswers;
  /** The last edit of each message that has one queued, by the name of the edit. */
  private readonly edits = new Map<string, QueuedMessage>();

  constructor(
    private readonly api: TelegramApi,
    { TELEGRAM_MESSAGES_PER_MINUTE: messagesPerMinute }: BotConfig,
    chats: ServedChats,
    metrics: BotMetrics,
    clock: MonotonicClock,
    stop: AbortSignal,
  ) {
    this.messages = new SendQueue({
      chats,
      metrics,
      clock,
      messagesPerMinute,
      stop,
      sendCombined: (chatId, text, batch) =>
        this.send(
          chatId,
          { text },
          {
            threadId: batch[0]?.details.threadId,
            isSilent: batch.every(({ details }) => details.isSilent),
          },
        ),
    });
    this.presses = new PressAnswers(api, metrics, stop);
  }

  /** Replies to a message; nobody waits until the reply is sent. */
  reply(to: Message, { onQueued, ...content }: Reply): void {
    const replyTo = to.message_id;
    const threadId = to.is_topic_message ? to.message_thread_id : undefined;
    const message = new QueuedMessage(content, {
      name: `a reply to message ${replyTo} of chat ${to.chat.id}`,
      threadId,
      send: (chatId, newest) => this.send(chatId, newest, { replyTo, threadId }),
    });
    this.messages.put(to.chat.id, message);
    onQueued?.(this.updatable(to, message));
  }

  /**
   * Sends a message to a chat, however long that takes. Whoever posts waits for it, so that few are queued.
   * @returns whether Telegram has it. False if Telegram refuses it, or the bot is stopped. The log has the reason.
   */
  async post(chatId: number, { replyTo, isSilent, ...content }: Post): Promise<boolean> {
    const message = new QueuedMessage(content, {
      name: `a message to chat ${chatId}`,
      isSilent,
      isPersistent: true,
      send: (id, newest) => this.send(id, newest, { replyTo, isSilent }),
    });
    this.messages.put(chatId, message);
    return (await message.settled) !== undefined;
  }

  /** Replaces a message of the bot. A later edit of the same message replaces one that still waits. */
  edit({ chat: { id }, message_id: messageId }: MessageReference, { text, buttons }: OutgoingMessage): void {
    // An edit cannot be combined with anything: it has no line.
    const content = { text, buttons };
    const name = `an edit of message ${messageId} of chat ${id}`;
    const queued = this.edits.get(name);
    if (queued?.isWaiting) {
      queued.content = content;
      return;
    }
    const edit = new QueuedMessage(content, {
      name,
      send: (chatId, newest) =>
        this.api.editMessageText(chatId, messageId, newest.text, {
          reply_markup: keyboardOf(newest.buttons) ?? { inline_keyboard: [] },
          link_preview_options: { is_disabled: true },
        }),
    });
    this.edits.set(name, edit);
    this.messages.put(id, edit);
    void edit.settled.then(() => this.edits.get(name) === edit && this.edits.delete(name));
  }

  /** A message of the bot that is in the chat. */
  messageAt(reference: MessageReference): UpdatableMessage {
    return { id: reference.message_id, update: (content) => this.edit(reference, content) };
  }

  /** Answers the press of a button; without a text, Telegram only stops showing progress. */
  notify(press: Pick<CallbackQuery, 'id'>, text?: string): void {
    this.presses.send(press, text);
  }

  /** Resolves when the queues are drained, or after the timeout; then the log says how many messages are unsent. */
  async drain(timeoutMs: number): Promise<void> {
    try {
      await withTimeout(Promise.all([this.messages.drained(), this.presses.drained()]), timeoutMs);
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      logger.warn(`stopping with ${this.messages.size} unsent messages`);
    }
  }

  private updatable(to: Message, message: QueuedMessage): UpdatableMessage {
    const update = async (content: OutgoingMessage, ifCombined: 'send' | 'leave'): Promise<void> => {
      if (message.isWaiting) {
        message.content = content;
        return;
      }
      const own = (await message.settled)?.own;
      if (own) this.edit(own, content);
      else if (ifCombined === 'send') this.reply(to, content);
    };
    return {
      get id() {
        return message.delivery?.own?.message_id;
      },
      update: (content, ifCombined = 'send') => void update(content, ifCombined),
    };
  }

  private send(chatId: number, { text, buttons }: OutgoingMessage, options: SendOptions): Promise<Message> {
    const { replyTo, threadId, isSilent } = options;
    return this.api.sendMessage(chatId, text, {
      reply_parameters:
        replyTo === undefined ? undefined : { message_id: replyTo, allow_sending_without_reply: true },
      message_thread_id: threadId,
      disable_notification: isSilent,
      reply_markup: keyboardOf(buttons),
      link_preview_options: { is_disabled: true },
    });
  }
}

function keyboardOf(buttons: readonly Button[] = []): InlineKeyboardMarkup | undefined {
  if (buttons.length === 0) return undefined;
  return { inline_keyboard: [buttons.map(({ label, data }) => ({ text: label, callback_data: data }))] };
}
