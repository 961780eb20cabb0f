import type { Message } from 'grammy/types';

/** What the register knows a message by. */
export const keyOf = ({ chat, message_id: id }: Message): string => `tg:${chat.id}:${id}`;

/**
 * What the register knows the report by that a message is, or is a part of: the messages of an album are one report, and a
 * channel's post is the same report in the channel and in its discussion group.
 */
export function reportKeyOf(message: Message): string {
  const { chat, media_group_id: album, is_automatic_forward: isAutomatic, forward_origin: origin } = message;
  if (album !== undefined) return `tg:${chat.id}:album:${album}`;
  if (isAutomatic && origin?.type === 'channel') return `tg:${origin.chat.id}:${origin.message_id}`;
  return keyOf(message);
}
