import { Logger } from '@nestjs/common';
import type { Api } from 'grammy';
import type { Chat, User } from 'grammy/types';
import { signalFor, telegramFailure } from '../telegram-api.js';

const logger = new Logger('Anonymity');

/**
 * Whether a user is anonymous in a chat: in channels all are, in groups those administrators who chose it. Where Telegram does
 * not answer, the user counts as anonymous. It answers a bot that is an administrator for certain, see
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
      `a button press is shown without a name: Telegram does not answer who is anonymous (${telegramFailure(error).reason})`,
    );
    return true;
  }
}
