import { withoutInvisibleCharacters } from '../../../shared/visible-name.js';
import type { Chat, Message, User } from 'grammy/types';

/** The API's limit, in Unicode code points. */
const MAX_ACTOR_LENGTH = 255;

/**
 * Who wrote a message: a person, or the chat in whose name it is written (an anonymous administrator, a channel).
 * Undefined for messages of bots and of nobody.
 */
export function senderOf(message: Message): User | Chat | undefined {
  if (message.sender_chat) return message.sender_chat;
  return message.from && !message.from.is_bot ? message.from : undefined;
}

/** The name that people see: `Анна Ким`, or the title of a chat. */
export function nameOf(sender: User | Chat): string {
  const parts = [sender.first_name, sender.last_name].filter((part) => part !== undefined);
  return inOneLine(parts.length > 0 ? parts.join(' ') : 'title' in sender ? (sender.title ?? '') : '');
}

/** A name without the direction marks and line breaks that people put into theirs: they would garble a history. */
export function inOneLine(name: string): string {
  return withoutInvisibleCharacters(name.toWellFormed()).replaceAll(/\s+/g, ' ').trim();
}

/** The author of a chat's message as people see it: the chat, and who signed for it where the chat shows that. */
export const signed = (name: string, signature: string | undefined): string =>
  signature === undefined ? name : `${name} (${inOneLine(signature)})`;

/** The actor in the history of an incident: `telegram:<id> <name>`, at most 255 characters long. */
export const actorOf = (sender: User | Chat): string => named(sender.id, nameOf(sender));

/**
 * The actor who wrote a message; undefined where `senderOf` is. A chat has the name of who signed for it: the author of a
 * channel's post, or the title of an anonymous administrator.
 */
export function actorOfMessage(message: Message): string | undefined {
  const sender = senderOf(message);
  return sender && named(sender.id, signed(nameOf(sender), message.author_signature));
}

function named(id: number, name: string): string {
  const characters = Array.from(`telegram:${id} ${name}`);
  // A sequence that is cut may end with a character that only its next one makes visible.
  return withoutInvisibleCharacters(characters.slice(0, MAX_ACTOR_LENGTH).join('')).trim();
}
