import { UnreadableFile } from '../../domain/imports/import-errors.js';
import { turnPause } from '../../shared/event-loop-turns.js';

/** A longer message is no text: Telegram's have at most 4,096 characters. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** The part of the file before the messages of a chat in which its id is. */
const HEAD_BYTES = 4 * 1024;

const QUOTE = 0x22;
const COLON = 0x3a;
const LEFT_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const RIGHT_BRACKET = 0x5d;
const LEFT_BRACE = 0x7b;
const RIGHT_BRACE = 0x7d;

/** A message as the export has it; undefined for one that is no JSON object or too long. */
export interface ExportedMessage {
  readonly chatId: string | undefined;
  readonly message: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The messages in an export of Telegram Desktop (`result.json`), of one chat or of all. It holds one message at a time: a scan of the
 * bytes finds where each ends, and only that is parsed.
 * @throws UnreadableFile if the bytes are no such export, or end in the middle of it.
 */
export async function* messagesIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<ExportedMessage> {
  const scan = new MessageScan();
  for await (const chunk of chunks) {
    for (const bytes of scan.read(chunk)) {
      const pause = turnPause();
      if (pause) await pause;
      yield { chatId: scan.chatId, message: bytes && parseMessage(bytes) };
    }
  }
  scan.requireEnd();
}

/** Finds the elements of the arrays that are called `messages`, whatever they are in. */
class MessageScan {
  private depth = 0;
  /** The depth within the array of messages; undefined outside. */
  private listDepth: number | undefined;
  private isInString = false;
  private isEscaped = false;
  /** The characters of the last string outside messages, as far as they matter. */
  private text = '';
  private name = '';
  private head = '';
  private parts: Buffer[] | undefined;
  private length = 0;
  private found = 0;
  chatId: string | undefined;

  /** The bytes of each message that ends in this chunk; undefined for one that is too long. */
  *read(chunk: Buffer): Generator<Buffer | undefined> {
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (this.isInString) this.readInString(byte);
      else if (byte === QUOTE) {
        this.isInString = true;
        this.text = '';
      } else if (byte === COLON) this.name = this.text;
      else if (byte === LEFT_BRACE || byte === LEFT_BRACKET) {
        this.depth++;
        if (this.depth - 1 === this.listDepth && byte === LEFT_BRACE) {
          this.parts = [];
          this.length = 0;
          start = i;
        } else if (this.listDepth === undefined && byte === LEFT_BRACKET && this.name === 'messages')
          this.beginList();
      } else if (byte === RIGHT_BRACE || byte === RIGHT_BRACKET) {
        if (this.depth === this.listDepth) this.endList();
        this.depth--;
        if (this.parts && this.depth === this.listDepth) {
          this.append(chunk.subarray(start, i + 1));
          const message = this.length > MAX_MESSAGE_BYTES ? undefined : Buffer.concat(this.parts);
          this.parts = undefined;
          yield message;
        }
      }
      if (this.listDepth === undefined && this.head.length < 2 * HEAD_BYTES)
        this.head += String.fromCharCode(byte);
      else if (this.listDepth === undefined)
        this.head = this.head.slice(-HEAD_BYTES) + String.fromCharCode(byte);
    }
    if (this.parts) this.append(chunk.subarray(start));
  }

  /** @throws UnreadableFile */
  requireEnd(): void {
    if (this.found === 0) throw new UnreadableFile('it has no messages of a Telegram chat');
    if (this.depth !== 0 || this.isInString)
      throw new UnreadableFile('it ends in the middle of a message: export it again');
  }

  private readInString(byte: number): void {
    if (this.isEscaped) this.isEscaped = false;
    else if (byte === BACKSLASH) this.isEscaped = true;
    else if (byte === QUOTE) this.isInString = false;
    else if (!this.parts && this.text.length < 16) this.text += String.fromCharCode(byte);
  }

  private beginList(): void {
    this.listDepth = this.depth;
    this.found++;
    this.chatId = [...this.head.matchAll(/"id":\s*(-?\d{1,20})/g)].at(-1)?.[1];
  }

  private endList(): void {
    this.listDepth = undefined;
    this.name = '';
    this.head = '';
  }

  private append(part: Buffer): void {
    this.length += part.length;
    if (this.length <= MAX_MESSAGE_BYTES) this.parts!.push(part);
    else this.parts = [];
  }
}

/**
 * An export writes control characters as `\x0B`, which is no JSON. Escapes are read in pairs, so that a backslash before an `x` of
 * the text stays one.
 */
const ESCAPE = /\\(?:x([0-9A-Fa-f]{2})|[^])/g;

function parseMessage(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  const text = bytes.toString();
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    try {
      const repaired = text.replaceAll(ESCAPE, (escape, code?: string) => (code ? `\\u00${code}` : escape));
      return JSON.parse(repaired) as Record<string, unknown>;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}
