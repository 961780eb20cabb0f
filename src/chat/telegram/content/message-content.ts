import type { Message, MessageOrigin } from 'grammy/types';
import { describe } from './content-kinds.js';
import { withLinkTargets } from './link-targets.js';
import type { Translations } from '../../core/translations/translations.js';
import type { MessageContent } from '../../core/intents/message-parser.js';
import { inOneLine, nameOf, signed } from './sender.js';

/**
 * The content of a message: its text or caption with the targets of its links, or else a description, and the original
 * author where it was forwarded. Undefined for service messages.
 * @param botName the bot's user name: a mention of it at the beginning only addresses the bot.
 */
export function contentOf(
  message: Message,
  translations: Translations,
  botName: string,
): MessageContent | undefined {
  const written = writtenTextOf(message);
  const text =
    written === undefined
      ? describe(message, translations.content)
      : withLinkTargets(written, message.entities ?? message.caption_entities);
  if (text === undefined) return undefined;
  const { forward_origin: origin, is_automatic_forward: isAutomatic } = message;
  // Telegram copies a channel's post into its discussion group: there it is the channel's own message.
  if (origin && !isAutomatic) {
    return { text: `${translations.forwardedFrom(nameOfOrigin(origin))}\n${text}`, isVerbatim: true };
  }
  if (written === undefined) return { text, isVerbatim: true };
  return { text: withoutMention(text, botName), isVerbatim: beginsWithCode(message) };
}

/** The text that the sender wrote, or the caption; undefined where there is neither. */
export const writtenTextOf = ({ text, caption }: Message): string | undefined => text ?? caption;

function withoutMention(text: string, botName: string): string {
  return text.replace(new RegExp(String.raw`^\s*@${botName}(?!\w)[\s,:]*`, 'i'), '');
}

/** A pasted line of a log may look like a command; Telegram marks no commands in code either. */
function beginsWithCode({ text = '', entities = [] }: Message): boolean {
  return (
    text.startsWith('/') &&
    entities.some(({ type, offset }) => offset === 0 && (type === 'code' || type === 'pre'))
  );
}

function nameOfOrigin(origin: MessageOrigin): string {
  if (origin.type === 'user') return nameOf(origin.sender_user);
  if (origin.type === 'hidden_user') return inOneLine(origin.sender_user_name);
  if (origin.type === 'chat') return signed(nameOf(origin.sender_chat), origin.author_signature);
  const { chat, author_signature: signature, message_id: id } = origin;
  const link = chat.username === undefined ? '' : `, https://t.me/${chat.username}/${id}`;
  return signed(nameOf(chat), signature) + link;
}
