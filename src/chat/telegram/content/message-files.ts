import type { Message, PhotoSize } from 'grammy/types';
import { inOneLine } from './sender.js';

/** A file of a message. The bytes are with Telegram. */
export interface MessageFile {
  /** By which Telegram gives the bytes to this bot. */
  readonly id: string;
  /** The same whenever the same file is sent. */
  readonly uniqueId: string;
  /** As its sender has named it, or else by its kind. */
  readonly name: string;
  /** In bytes; undefined where Telegram does not say. */
  readonly size: number | undefined;
}

/**
 * The fields of a message with a file, and how a file without a name is called. The more special come before the more general: a GIF
 * comes as a document too. Stickers are described by their emoji, and are no files. See https://core.telegram.org/bots/api#message.
 */
const NAMES = {
  voice: 'voice.ogg',
  video_note: 'video.mp4',
  audio: 'audio.mp3',
  animation: 'animation.mp4',
  document: 'file',
  video: 'video.mp4',
} as const;

const KINDS = Object.keys(NAMES) as (keyof typeof NAMES)[];

/** The longest name; the end of a longer one is kept, which has its extension. */
const MAX_NAME_LENGTH = 200;

/** A file as all its kinds have it. */
interface TelegramFile {
  readonly file_id: string;
  readonly file_unique_id: string;
  readonly file_size?: number;
  readonly file_name?: string;
}

/** The files of a message: one, none, or of a live photo the photo and its video. */
export function filesOf(message: Message): readonly MessageFile[] {
  const { photo = [], live_photo: livePhoto } = message;
  const largest = largestOf(photo);
  const still = largest ? [fileOf(largest, 'photo.jpg')] : [];
  if (livePhoto) return [...still, fileOf(livePhoto, 'photo.mp4')];
  const kind = KINDS.find((each) => message[each] !== undefined);
  if (kind === undefined) return still;
  return [fileOf(message[kind] as TelegramFile, NAMES[kind])];
}

function fileOf(file: TelegramFile, defaultName: string): MessageFile {
  const { file_id: id, file_unique_id: uniqueId, file_size: size, file_name: given = '' } = file;
  const name = Array.from(inOneLine(given)).slice(-MAX_NAME_LENGTH).join('');
  return { id, uniqueId, name: name || defaultName, size };
}

/** Telegram offers a photo in several sizes; the largest is the one that was sent. */
function largestOf(sizes: readonly PhotoSize[]): PhotoSize | undefined {
  return sizes.toSorted((one, other) => other.width * other.height - one.width * one.height)[0];
}
