import { Injectable } from '@nestjs/common';
import type { OutgoingMessage } from '../../core/messages/outgoing-message.js';
import { Messenger, type ServedChat } from '../../core/notices/messenger.js';
import { BotConfig } from '../bot-config.js';
import { ServedChats } from '../served-chats.js';
import { Replies } from './replies.js';

/** How the ids of Telegram's chats begin in origins and policies. */
const MESSENGER = 'tg:';

/** Sends what the chats of Telegram are told. */
@Injectable()
export class TelegramMessenger extends Messenger {
  constructor(
    private readonly config: BotConfig,
    private readonly served: ServedChats,
    private readonly replies: Replies,
  ) {
    super();
  }

  override chats(): readonly ServedChat[] {
    return this.config.chats.map((id) => {
      const ids = new Set([id, this.served.currentId(id)]);
      return { id: scopeOf(id), ids: [...ids].map(scopeOf) };
    });
  }

  override post(chat: string, message: OutgoingMessage, origin?: string): Promise<boolean> {
    const id = Number(chat.slice(MESSENGER.length));
    const place = `${MESSENGER}${this.served.currentId(id)}:`;
    // The messages of a group that has become a supergroup have other ids there.
    const replyTo = origin?.startsWith(place) ? Number(origin.slice(place.length)) : undefined;
    return this.replies.post(id, { ...message, replyTo });
  }
}

const scopeOf = (id: number) => `${MESSENGER}${id}`;
