import { Logger } from '@nestjs/common';
import type { Api } from 'grammy';
import type { InlineKeyboardMarkup, Message } from 'grammy/types';
import type { Outbox } from './outbox.js';

/** Telegram shows no more on a button's notice. */
const MAX_NOTICE = 200;

/** Where something stands in a chat. */
export type Place = Pick<Message, 'message_id'> & { readonly chat: Pick<Message['chat'], 'id'> };

export interface Said {
  readonly text: string;
  readonly buttons?: InlineKeyboardMarkup;
  /** Is told of the message that says it. */
  readonly whenSaid?: (said: Message) => void;
}

const logger = new Logger('Replies');

/** What the bot says in the chats; it is said when Telegram lets it, and nobody waits for that. */
export class Replies {
  constructor(
    private readonly api: Api,
    private readonly chat: Outbox,
    /** Notices have an outbox of their own: they are worth something only at once. */
    private readonly notices: Outbox,
  ) {}

  reply(to: Message, { text, buttons, whenSaid }: Said): void {
    const chat = to.chat.id;
    this.chat.put(`a reply to message ${to.message_id} of chat ${chat}`, async () => {
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
  edit({ chat: { id: chat }, message_id: message }: Place, { text, buttons }: Said): void {
    this.chat.put(`an edit of message ${message} of chat ${chat}`, () =>
      this.api.editMessageText(chat, message, text, {
        reply_markup: buttons ?? { inline_keyboard: [] },
        link_preview_options: { is_disabled: true },
      }),
    );
  }

  /** Answers someone who has pressed a button; without a text it only ends their waiting. */
  notice(query: string, text?: string): void {
    this.notices.put(`a notice for button press ${query}`, () =>
      this.api.answerCallbackQuery(query, { text: text?.slice(0, MAX_NOTICE) }),
    );
  }

  /** Resolves when all has been said or so many milliseconds have passed; says in the log what was left. */
  async finish(milliseconds: number): Promise<void> {
    const emptied = Promise.all([this.chat.emptied(), this.notices.emptied()]).then(() => true);
    const late = new Promise<false>((resolve) => setTimeout(resolve, milliseconds, false).unref());
    if (!(await Promise.race([emptied, late]))) logger.warn('stopping with replies that are not said');
  }
}
