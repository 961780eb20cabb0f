import type { FileContent } from '../../application/attachments/temporary-files.js';
import { withNote } from '../../application/imports/import-reports.js';
import { MAX_FILE_BYTES, MAX_FILES_PER_REQUEST } from '../../domain/attachments/attachment.js';
import { fileNameOf } from '../../domain/attachments/file-name.js';
import { UnreadableFile } from '../../domain/imports/import-errors.js';
import { isRecord } from './is-record.js';
import { bytesOf } from './input-file.js';
import { type MediaFile, type MediaFolder, peek, RecordRow, type Source, type SourceRow } from './source.js';
import { messagesIn } from './telegram-messages.js';

type Message = Readonly<Record<string, unknown>>;

const COLUMNS = ['description', 'actor', 'reported_at', 'origin'];

/** What stands for the text of a message that has none, by the kind of its file. */
const KINDS: Readonly<Record<string, string>> = {
  voice_message: 'Voice message',
  audio_file: 'Audio',
  video_message: 'Video note',
  video_file: 'Video',
  animation: 'Animation',
};

/**
 * The messages of an export of Telegram Desktop as rows: those of an album are one, and service messages, such as that somebody has
 * joined, are none.
 * @param media the folder of the export; without it, files are named in notes.
 * @throws UnreadableFile
 */
export async function openTelegram(file: FileContent, media: MediaFolder | undefined): Promise<Source> {
  const start = (await file.read(0, 1024)).toString('latin1');
  if (/^(?:\u00ef\u00bb\u00bf)?\s*<(?:!doctype|html)/i.test(start)) throw new UnreadableFile(HTML_EXPORT);
  const { all } = await peek(rowsIn(file, media));
  return {
    columns: COLUMNS,
    isTable: false,
    assumptions: media ? [] : ['Files of messages are not imported: a note names each.'],
    rows: all,
  };
}

export const HTML_EXPORT =
  'it is an HTML export: in Telegram Desktop, choose "Export chat history", and as the format "Machine-readable JSON"';

async function* rowsIn(file: FileContent, media: MediaFolder | undefined): AsyncGenerator<SourceRow> {
  let album: Message[] = [];
  let chat: string | undefined;
  for await (const { chatId, message } of messagesIn(bytesOf(file))) {
    const report = message?.['type'] === 'message' ? message : undefined;
    if (album.length > 0 && !(report && chatId === chat && belongsTo(album, report))) {
      yield await rowOf(album, chat, media);
      album = [];
    }
    if (!message) yield new RecordRow({}, 'the message is no JSON object, or longer than 1 MiB');
    else if (report) album.push(report);
    chat = chatId;
  }
  if (album.length > 0) yield await rowOf(album, chat, media);
}

/** Whether the message is of the album: the export has no id for albums, but their messages have one time and one sender. */
function belongsTo(album: readonly Message[], message: Message): boolean {
  const first = album[0]!;
  const isSame = (key: string) => first[key] !== undefined && first[key] === message[key];
  const captions = [...album, message].filter((each) => textOf(each['text']) !== '').length;
  return (
    isSame('from_id') &&
    isSame('date_unixtime' in first ? 'date_unixtime' : 'date') &&
    [first, message].every((each) => pathOf(each) !== undefined && each['media_type'] !== 'sticker') &&
    captions <= 1 &&
    album.length < MAX_FILES_PER_REQUEST
  );
}

async function rowOf(
  album: readonly Message[],
  chatId: string | undefined,
  folder: MediaFolder | undefined,
): Promise<SourceRow> {
  const first = album[0]!;
  const media: MediaFile[] = [];
  let text = album.map((message) => textOf(message['text'])).find((each) => each !== '') ?? '';
  if (text === '') text = withoutText(first);
  for (const message of album) {
    const { file, note } = await fileOf(message, folder);
    if (file) media.push(file);
    if (note !== undefined) text = withNote(text, note);
  }
  const { id, from, date } = first;
  const seconds = Number(first['date_unixtime']);
  const at =
    Number.isSafeInteger(seconds) && seconds > 0 && seconds < 1e11
      ? new Date(seconds * 1_000).toISOString()
      : date;
  const origin = typeof id === 'number' ? `telegram-export:${chatId ?? ''}/${id}` : undefined;
  return new RecordRow(
    { description: text, actor: from ?? undefined, reported_at: at, origin },
    undefined,
    media,
  );
}

/** The text of a message: a string, or a list of strings and entities. */
export function textOf(text: unknown): string {
  if (typeof text === 'string') return text;
  if (!Array.isArray(text)) return '';
  return text
    .map((part: unknown) => (typeof part === 'string' ? part : isRecord(part) ? textOf(part['text']) : ''))
    .join('');
}

/** What a message without a text says. */
function withoutText(message: Message): string {
  const { sticker_emoji: emoji, location_information: place, contact_information: contact, poll } = message;
  if (typeof emoji === 'string' && emoji !== '') return emoji;
  if (isRecord(place)) return placeText(message, place);
  if (isRecord(contact)) {
    const parts = [contact['first_name'], contact['last_name'], contact['phone_number']];
    return parts.filter((part) => typeof part === 'string' && part !== '').join(' ') || 'Contact';
  }
  if (isRecord(poll)) return pollText(poll);
  if (message['photo'] !== undefined) return 'Photo without caption';
  if (pathOf(message) !== undefined)
    return `${KINDS[String(message['media_type'])] ?? 'File'} without caption`;
  return 'Message without text';
}

function placeText(message: Message, { latitude, longitude }: Message): string {
  const { place_name: name, address } = message;
  const place = `${String(latitude)}, ${String(longitude)}`;
  const map = `https://www.openstreetmap.org/?mlat=${String(latitude)}&mlon=${String(longitude)}`;
  return [name, address, place, map].filter((part) => typeof part === 'string' && part !== '').join('\n');
}

function pollText({ question, answers }: Message): string {
  const texts = Array.isArray(answers)
    ? answers.map((answer: unknown) => isRecord(answer) && `- ${textOf(answer['text'])}`)
    : [];
  return [textOf(question) || 'Poll', ...texts.filter((text) => text !== false)].join('\n');
}

function pathOf({ photo, file }: Message): string | undefined {
  if (typeof photo === 'string') return photo;
  return typeof file === 'string' ? file : undefined;
}

/** The file of a message, or a note in its place. The export has a sentence in brackets for a file that it does not have. */
async function fileOf(
  message: Message,
  folder: MediaFolder | undefined,
): Promise<{ readonly file?: MediaFile; readonly note?: string }> {
  const path = pathOf(message);
  if (path === undefined || (message['media_type'] === 'sticker' && message['sticker_emoji'])) return {};
  if (path.startsWith('(')) return { note: path };
  const { file_name: given } = message;
  const name = fileNameOf(typeof given === 'string' ? given : path);
  if (!folder) return { note: `(file not imported: ${name})` };
  const size = await folder.sizeOf(path);
  if (size === undefined) return { note: `(file not in the export: ${name})` };
  if (size > MAX_FILE_BYTES)
    return { note: `(file larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB: ${name})` };
  return { file: { path, name } };
}
