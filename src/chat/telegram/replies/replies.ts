import { Logger } from '@nestjs/common';
import type { Api } from 'grammy';
import type { CallbackQuery, InlineKeyboardMarkup, Message } from 'grammy/types';
import { shorten } from '../../../shared/shorten.js';
import { TimeoutError, withTimeout } from '../../../shared/timeout.js';
import type { SendQueue } from './send-queue.js';

/** Telegram shows no more on a button's notice. */
const MAX_NOTICE = 200;

/** Where something stands in a chat. */
export type Place = Pick<Message, 'message_id'> & { readonly chat: Pick<Message['chat'], 'id'> };

export interface OutgoingMessage {
  readonly text: string;
  readonly buttons?: InlineKeyboardMarkup;
  /** Is told of the message that says it. */
  readonly whenSaid?: (said: Message) => void;
}

const logger = new Logger('Replies');

/** What the bot says in the chats; it is said when Telegram lets it, and nobody waits for that. */
export class Replies {
  /** What is to be shown in place of messages, by these; what comes later takes the place of what still waits. */
  private readonly edits = new Map<string, OutgoingMessage>();

  constructor(
    private readonly api: Api,
    private readonly chat: SendQueue,
    /** Notices have an outbox of their own: they are worth something only at once. */
    private readonly notices: SendQueue,
  ) {}

  reply(to: Message, { text, buttons, whenSaid }: OutgoingMessage): void {
    const what = `a reply to message ${to.message_id} of chat ${to.chat.id}`;
    this.chat.put(to.chat.id, what, async (chat) => {
      const said = await this.api.sendMessage(chat, text, {
        reply_parameters: { message_id: to.message_id, allow_sending_without_reply: true },
        message_thread_id: to.is_topic_message ? to.message_thread_id : undefined,
        reply_markup: buttons,
        link_preview_options: { is_disabled: true },
      });
      whenSaid?.(said);
    });
  }

  /** Says something else where the bot has said something already. */
  edit({ chat: { id }, message_id: message }: Place, said: OutgoingMessage): void {
    const what = `an edit of message ${message} of chat ${id}`;
    const waits = this.edits.has(what);
    this.edits.set(what, said);
    if (waits) return;
    let newest = said;
    const isPut = this.chat.put(id, what, (chat) => {
      newest = this.edits.get(what) ?? newest;
      this.edits.delete(what);
      return this.api.editMessageText(chat, message, newest.text, {
        reply_markup: newest.buttons ?? { inline_keyboard: [] },
        link_preview_options: { is_disabled: true },
      });
    });
    if (!isPut) this.edits.delete(what);
  }

  /** Answers someone who has pressed a button; without a text it only ends their waiting. */
  notice({ id, from }: Pick<CallbackQuery, 'id' | 'from'>, text?: string): void {
    this.notices.put(from.id, `a notice for button press ${id}`, () =>
      this.api.answerCallbackQuery(id, { text: text && shorten(text, MAX_NOTICE) }),
    );
  }

  /** Resolves when all has been said or so many milliseconds have passed; says in the log what was left. */
  async finish(timeoutMs: number): Promise<void> {
    try {
      await withTimeout(Promise.all([this.chat.emptied(), this.notices.emptied()]), timeoutMs);
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      logger.warn('stopping with unsent replies');
    }
  }
}
