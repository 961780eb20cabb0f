import { isUtf8 } from 'node:buffer';
import { shorten } from '../../../shared/shorten.js';
import { HttpProblem } from '../problems/problems.js';

/** In levels. Bodies are flat; deeper nesting is an attack. */
const MAX_DEPTH = 32;

/** Of any kind. The time to parse grows with the number of values: 20 to 100 ms for so many. */
const MAX_VALUES = 200_000;

/** A longer name is shortened in an answer. */
const MAX_NAME_LENGTH = 100;

/** U+FEFF in UTF-8. */
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const LEFT_BRACE = 0x7b;
const RIGHT_BRACE = 0x7d;

/** The kinds of bytes of JSON outside strings. */
const OTHER = 0;
const STRING_START = 1;
const MEMBER = 2;
const SEPARATOR = 3;
const OPENING = 4;
const CLOSING = 5;

/** By byte: a table is twice as fast as comparisons, and every body is scanned byte by byte. */
const KINDS = new Uint8Array(256);
for (const [kind, characters] of [
  [STRING_START, '"'],
  [MEMBER, ':'],
  [SEPARATOR, ','],
  [OPENING, '[{'],
  [CLOSING, ']}'],
] as const) {
  for (const byte of Buffer.from(characters)) KINDS[byte] = kind;
}

/**
 * Parses JSON by the same rules on every channel: UTF-8, a byte order mark at the start is ignored (RFC 8259, 8.1), at most
 * `MAX_DEPTH` levels, at most `MAX_VALUES` values, and no object with two members of one name, of which a parser would silently
 * keep one (RFC 8259, 4).
 * @param what the bytes are, for the error: "body", "line".
 * @throws HttpProblem `request.malformed-body` if they break a rule.
 */
export function parseJson(bytes: Buffer, what: string): unknown {
  if (!isUtf8(bytes)) throw malformed(`The ${what} is not valid UTF-8.`);
  const written = countMembersIn(bytes);
  const text = bytes.toString('utf8', startOf(bytes));
  const json = parse(text, what);
  if (countMembersOf(json) !== written) {
    throw malformed(`The ${what} has a duplicate member ${shorten(duplicateIn(text), MAX_NAME_LENGTH)}.`);
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
 * Counts the members in these bytes, which is one for each colon outside strings. The JSON need not be valid.
 * @throws HttpProblem above `MAX_DEPTH` or `MAX_VALUES`.
 */
function countMembersIn(bytes: Buffer): number {
  let members = 0;
  let depth = 0;
  let values = 0;
  for (let i = 0; i < bytes.length; i++) {
    const kind = KINDS[bytes[i]!]!;
    if (kind === OTHER) continue;
    if (kind === STRING_START) i = endOfString(bytes, i);
    else if (kind === MEMBER) members++;
    else if (kind === CLOSING) depth--;
    else {
      if (++values > MAX_VALUES) throw malformed(`The JSON must have at most ${MAX_VALUES} values.`);
      if (kind === OPENING && ++depth > MAX_DEPTH) {
        throw malformed(`The JSON must be nested at most ${MAX_DEPTH} levels deep.`);
      }
    }
  }
  return members;
}

/** The index of the quote that ends the string which starts at this index; past the last byte if it does not end. */
function endOfString(bytes: Buffer, start: number): number {
  for (let quote = bytes.indexOf(QUOTE, start + 1); quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let unescaped = quote;
    while (bytes[unescaped - 1] === BACKSLASH) unescaped--;
    // Pairs of backslashes escape each other.
    if ((quote - unescaped) % 2 === 0) return quote;
  }
  return bytes.length;
}

/** Counts the members of all objects in a value, of which duplicates are one. */
function countMembersOf(json: unknown): number {
  if (typeof json !== 'object' || json === null) return 0;
  if (Array.isArray(json)) return json.reduce((members: number, each) => members + countMembersOf(each), 0);
  let members = 0;
  for (const name in json) members += 1 + countMembersOf((json as Record<string, unknown>)[name]);
  return members;
}

/** The first duplicate name in valid JSON that is known to have one. */
function duplicateIn(text: string): string {
  const open: Set<string>[] = [];
  const bytes = Buffer.from(text);
  let last: Buffer = bytes;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      const end = endOfString(bytes, i);
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
  throw new Error('No duplicate member found.');
}

function malformed(detail: string): HttpProblem {
  return new HttpProblem('request.malformed-body', detail);
}
