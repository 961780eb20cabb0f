import type { Message } from 'grammy/types';
import type { ContentKind } from '../../core/translations/translations.js';

/**
 * What a message can have besides a text, and how each is described: Telegram's names, the more special before the more
 * general, since a GIF is a document and a venue is a location, too. A message with none of them is a service message.
 * See https://core.telegram.org/bots/api#message.
 */
const DETAILS = {
  venue: ({ title, address, location }) => `${title}, ${address}\n${placeOf(location)}`,
  location: (location) => placeOf(location),
  contact: ({ first_name: first, last_name: last, phone_number: phone }) =>
    `${joined(' ', first, last)}, ${phone}`,
  poll: ({ question, options }) => listOf(question, options),
  checklist: ({ title, tasks }) => listOf(title, tasks),
  dice: ({ emoji, value }) => `${emoji} ${value}`,
  sticker: ({ emoji }) => emoji,
  voice: ({ duration }) => durationOf(duration),
  video_note: ({ duration }) => durationOf(duration),
  audio: ({ performer, title, file_name: name }) => joined(' – ', performer, title) ?? name,
  animation: ({ file_name: name }) => name,
  document: ({ file_name: name }) => name,
  video: ({ file_name: name }) => name,
  live_photo: () => undefined,
  paid_media: () => undefined,
  photo: () => undefined,
  story: () => undefined,
  game: ({ title }) => title,
  invoice: ({ title, description }) => `${title}\n${description}`,
  rich_message: ({ blocks }) => textsIn(blocks).join('\n'),
} satisfies { [Kind in ContentKind]: (content: NonNullable<Message[Kind]>) => string | undefined };

const KINDS = Object.keys(DETAILS) as ContentKind[];

/** The description of a message without a text: `Poll: Lunch?`; undefined for a service message. */
export function describe(message: Message, names: Record<ContentKind, string>): string | undefined {
  const kind = KINDS.find((each) => message[each] !== undefined);
  if (!kind) return undefined;
  const details = (DETAILS[kind] as (content: unknown) => string | undefined)(message[kind]);
  return details ? `${names[kind]}: ${details}` : names[kind];
}

function placeOf({ latitude, longitude }: { readonly latitude: number; readonly longitude: number }): string {
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=17/${latitude}/${longitude}`;
  return `${latitude}, ${longitude}\n${map}`;
}

const listOf = (title: string, entries: readonly { readonly text: string }[]): string =>
  [title, ...entries.map(({ text }) => `– ${text}`)].join('\n');

const durationOf = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

function joined(separator: string, ...parts: readonly (string | undefined)[]): string | undefined {
  return parts.filter((part) => part !== undefined).join(separator) || undefined;
}

/** The texts of formatted blocks, which are nested in many ways; a text in several styles has several parts. */
function textsIn(blocks: unknown): string[] {
  if (Array.isArray(blocks)) return blocks.flatMap(textsIn);
  if (typeof blocks !== 'object' || blocks === null) return [];
  return Object.entries(blocks).flatMap(([name, value]) =>
    name === 'text' ? [textOf(value)] : textsIn(value),
  );
}

function textOf(text: unknown): string {
  if (typeof text === 'string') return text;
  if (Array.isArray(text)) return text.map(textOf).join('');
  return typeof text === 'object' && text !== null && 'text' in text ? textOf(text.text) : '';
}
