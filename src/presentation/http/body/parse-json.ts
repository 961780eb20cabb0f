import { isUtf8 } from 'node:buffer';
import { shorten } from '../../../shared/shorten.js';
import { HttpProblem } from '../problems/problems.js';

/** How deep JSON may be nested: ours is flat, and what is deeper was made to do harm. */
export const MAX_DEPTH = 32;

/** How many values JSON may have, of any kind: parsing takes as long as there are values, 20 to 100 ms for so many. */
const MAX_VALUES = 200_000;

/** So many characters of a name are told. */
const MAX_NAME = 100;

/** U+FEFF in UTF-8. */
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const LEFT_BRACE = 0x7b;
const RIGHT_BRACE = 0x7d;

/** What a byte of JSON outside texts means; nothing for most. */
const NOTHING = 0;
const BEGINS_TEXT = 1;
const NAMES_MEMBER = 2;
const SEPARATES = 3;
const OPENS = 4;
const CLOSES = 5;

/** The meanings by byte: a table is twice as fast as comparisons, and every body is looked at byte by byte. */
const MEANINGS = new Uint8Array(256);
for (const [meaning, characters] of [
  [BEGINS_TEXT, '"'],
  [NAMES_MEMBER, ':'],
  [SEPARATES, ','],
  [OPENS, '[{'],
  [CLOSES, ']}'],
] as const) {
  for (const byte of Buffer.from(characters)) MEANINGS[byte] = meaning;
}

/**
 * The JSON in these bytes, read by the same rules on every channel: UTF-8 after a byte order mark, which is ignored (RFC
 * 8259, 8.1), at most `MAX_DEPTH` levels deep, and no object with two members of one name, of which a parser would keep one
 * silently (RFC 8259, 4).
 * @param what the bytes are, as a person would say it.
 * @throws HttpProblem `request.malformed-body` where they break a rule.
 */
export function parseJson(bytes: Buffer, what: string): unknown {
  if (!isUtf8(bytes)) throw malformed(`The ${what} is not valid UTF-8.`);
  const written = membersWritten(bytes);
  const text = bytes.toString('utf8', startOf(bytes));
  const json = parse(text, what);
  if (membersOf(json) !== written) {
    throw malformed(`The ${what} has the member ${shorten(duplicateIn(text), MAX_NAME)} twice.`);
  }
  return json;
}

function startOf(bytes: Buffer): number {
  return bytes[0] === BYTE_ORDER_MARK[0] && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(`The ${what} is not JSON: ${(error as Error).message}.`);
  }
}

/**
 * How many members these bytes of JSON write, which is one for each colon outside texts. The JSON need not be right.
 * @throws HttpProblem where they are nested deeper, or have more values, than they may.
 */
function membersWritten(bytes: Buffer): number {
  let members = 0;
  let depth = 0;
  let values = 0;
  for (let i = 0; i < bytes.length; i++) {
    const meaning = MEANINGS[bytes[i]!]!;
    if (meaning === NOTHING) continue;
    if (meaning === BEGINS_TEXT) i = endOfText(bytes, i);
    else if (meaning === NAMES_MEMBER) members++;
    else if (meaning === CLOSES) depth--;
    else {
      if (++values > MAX_VALUES) throw malformed(`The JSON has more than ${MAX_VALUES} values.`);
      if (meaning === OPENS && ++depth > MAX_DEPTH) {
        throw malformed(`The JSON is nested deeper than ${MAX_DEPTH} levels.`);
      }
    }
  }
  return members;
}

/** Where the text ends that begins with the quote at this index; past the last byte where it does not end. */
function endOfText(bytes: Buffer, begin: number): number {
  for (let quote = bytes.indexOf(QUOTE, begin + 1); quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let unescaped = quote;
    while (bytes[unescaped - 1] === BACKSLASH) unescaped--;
    // Backslashes before it escape each other in pairs.
    if ((quote - unescaped) % 2 === 0) return quote;
  }
  return bytes.length;
}

/** How many members the objects in a value have, in all. Members that were written twice are in it once. */
function membersOf(json: unknown): number {
  if (typeof json !== 'object' || json === null) return 0;
  if (Array.isArray(json)) return json.reduce((members: number, each) => members + membersOf(each), 0);
  let members = 0;
  for (const name in json) members += 1 + membersOf((json as Record<string, unknown>)[name]);
  return members;
}

/** The name that an object in this right JSON has twice. It is looked for only once it is known that there is one. */
function duplicateIn(text: string): string {
  const open: Set<string>[] = [];
  const bytes = Buffer.from(text);
  let last: Buffer = bytes;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      const end = endOfText(bytes, i);
      last = bytes.subarray(i, end + 1);
      i = end;
    } else if (byte === LEFT_BRACE) open.push(new Set());
    else if (byte === RIGHT_BRACE) open.pop();
    else if (byte === COLON) {
      const name = JSON.parse(last.toString()) as string;
      const names = open.at(-1)!;
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  throw new Error('There is no member twice.');
}

function malformed(detail: string): HttpProblem {
  return new HttpProblem('request.malformed-body', detail);
}
