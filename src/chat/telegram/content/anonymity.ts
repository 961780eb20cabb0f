import { Logger } from '@nestjs/common';
import type { Api } from 'grammy';
import type { Chat, User } from 'grammy/types';
import { failureIn, signalFor } from '../telegram-api.js';

const logger = new Logger('Bot');

/**
 * Whether a chat is not to see who someone is: in channels all are anonymous, in groups those administrators who chose it.
 * Where Telegram does not tell, they are taken for anonymous. It tells a bot that is an administrator for certain, see
 * https://core.telegram.org/bots/api#getchatmember.
 */
export async function isAnonymousIn(chat: Chat, user: User, api: Api, stop: AbortSignal): Promise<boolean> {
  if (chat.type === 'private') return false;
  if (chat.type === 'channel') return true;
  try {
    const member = await api.getChatMember(chat.id, user.id, signalFor(stop));
    return 'is_anonymous' in member && member.is_anonymous;
  } catch (error) {
    logger.warn(
      `no name is shown for a button press: Telegram does not tell who is anonymous (${failureIn(error).reason})`,
    );
    return true;
  }
}
