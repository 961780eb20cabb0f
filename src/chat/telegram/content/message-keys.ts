import type { Message } from 'grammy/types';

const MESSENGER = 'tg:';

/** A chat as policies and origins have it. */
export const chatScope = (id: number): string => `${MESSENGER}${id}`;

/** The id of a chat as policies name it; undefined if it is one of another messenger. */
export function chatIdOf(scope: string): number | undefined {
  const id = scope.startsWith(MESSENGER) ? Number(scope.slice(MESSENGER.length)) : NaN;
  return Number.isSafeInteger(id) ? id : undefined;
}

/** The idempotency key of a message. */
export const keyOf = ({ chat, message_id: id }: Message): string => `tg:${chat.id}:${id}`;

/**
 * Where a report was made: in the message itself, to which the bot can reply, whatever key the report has. Of an album it is the
 * message that was the report; of a channel's post in a discussion group it is the copy in the group, since the bot need not be in
 * the channel.
 */
export const originOf = keyOf;

/** The id of the message where a report was made, if it is in this chat. */
export function messageIdIn(origin: string, chatId: number): number | undefined {
  const place = `${chatScope(chatId)}:`;
  return origin.startsWith(place) ? Number(origin.slice(place.length)) : undefined;
}

/**
 * The idempotency key of the report that a message is, or is a part of: the messages of an album are one report, and a
 * channel's post is the same report in the channel and in its discussion group.
 */
export function reportKeyOf(message: Message): string {
  const { chat, media_group_id: album, is_automatic_forward: isAutomatic, forward_origin: origin } = message;
  if (album !== undefined) return `tg:${chat.id}:album:${album}`;
  if (isAutomatic && origin?.type === 'channel') return `tg:${origin.chat.id}:${origin.message_id}`;
  return keyOf(message);
}
