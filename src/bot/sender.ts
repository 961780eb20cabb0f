import { withoutInvisibleCharacters } from '../config/visible-name.js';
import type { Chat, Message, User } from 'grammy/types';

/** As long as an actor may be for the API, in Unicode code points. */
const MAX_ACTOR_LENGTH = 255;

/**
 * Who wrote a message: a person, or the chat in whose name it is written (an administrator who stays anonymous, a
 * channel). Undefined for bots and for what nobody wrote.
 */
export function senderOf(message: Message): User | Chat | undefined {
  if (message.sender_chat) return message.sender_chat;
  return message.from && !message.from.is_bot ? message.from : undefined;
}

/** What people call someone: `Анна Ким`, or the title of a chat. */
export function nameOf(sender: User | Chat): string {
  const parts = [sender.first_name, sender.last_name].filter((part) => part !== undefined);
  const name = parts.length > 0 ? parts.join(' ') : 'title' in sender ? (sender.title ?? '') : '';
  // People put direction marks and line breaks into their names; a history is no place for them.
  return withoutInvisibleCharacters(name.toWellFormed()).replaceAll(/\s+/g, ' ').trim();
}

/** Someone as the register's history names them: `telegram:<id> <name>`, at most 255 characters long. */
export function actorOf(sender: User | Chat): string {
  const characters = Array.from(`telegram:${sender.id} ${nameOf(sender)}`);
  // A sequence that is cut may end with a character that only its next one makes visible.
  return withoutInvisibleCharacters(characters.slice(0, MAX_ACTOR_LENGTH).join('')).trim();
}
