import { Injectable, Logger } from '@nestjs/common';
import { ShutdownError } from '../../../shared/shutdown-error.js';
import type { OutgoingMessage } from '../../core/messages/outgoing-message.js';
import { Messenger, type ServedChat } from '../../core/notices/messenger.js';
import { BotConfig } from '../bot-config.js';
import { chatIdOf, chatScope, messageIdIn } from '../content/message-keys.js';
import { ServedChats } from '../served-chats.js';
import { Replies } from './replies.js';

const logger = new Logger('TelegramMessenger');

/** Sends notices to the chats of Telegram. */
@Injectable()
export class TelegramMessenger extends Messenger {
  constructor(
    private readonly config: BotConfig,
    private readonly served: ServedChats,
    private readonly replies: Replies,
    private readonly stop: AbortSignal,
  ) {
    super();
  }

  override chats(): readonly ServedChat[] {
    return this.config.chats.map((id) => {
      const ids = new Set([id, this.served.currentId(id)]);
      return { id: chatScope(id), ids: [...ids].map(chatScope) };
    });
  }

  override async post(chat: string, message: OutgoingMessage, origin?: string): Promise<boolean> {
    if (this.stop.aborted) throw new ShutdownError();
    const id = chatIdOf(chat);
    if (id === undefined) {
      logger.warn(`cannot write to ${chat}: it is no chat of Telegram`);
      return false;
    }
    // The messages of a group that has become a supergroup have other ids there.
    const replyTo = origin === undefined ? undefined : messageIdIn(origin, this.served.currentId(id));
    const isSent = await this.replies.post(id, { ...message, replyTo });
    if (!isSent && this.stop.aborted) throw new ShutdownError();
    return isSent;
  }
}
