import type {
  IncidentQuery,
  PageStart,
  Passed,
  Position,
  Unseen,
} from '../../../application/incident/incident-list.js';
import type { Attention } from '../../../domain/incident/attention.js';
import { isInSupportedYears } from '../validation/timestamps.js';

type Order = IncidentQuery['order'];

/** The start of a page by position, and the order of the list. */
interface Cursor {
  readonly order: Order;
  readonly start: Exclude<PageStart, { readonly offset: number }>;
}

const LETTERS = { 'newest-first': 'n', 'oldest-first': 'o', attention: 'a' } as const satisfies Record<
  Order,
  string
>;

const ORDERS = Object.keys(LETTERS) as Order[];

const POSITION = String.raw`(-?\d{1,16})\.(\d{1,16})`;
const TIME = String.raw`(\d{1,14})`;
const UNSEEN = String.raw`(\d{1,15}(?:\.\d{1,15}){0,500})`;
const CURSOR = new RegExp(
  `^([noa])([ab])(?:([0-5])!)?${POSITION}(?:~${TIME}(?:-${TIME})?~${UNSEEN}(?:~${POSITION}~${UNSEEN})?)?$`,
);

/** Encodes a cursor for clients: opaque, URL-safe and deterministic. */
export function encodeCursor({ order, start }: Cursor): string {
  const text =
    'after' in start
      ? `a${placeText(order, start.after)}${passedText(start.passed)}`
      : `b${placeText(order, start.before)}`;
  return Buffer.from(LETTERS[order] + text).toString('base64url');
}

/** The cursor that was decoded last: the rule of its parameter decodes it first, then the route that uses it. */
let last: { readonly text: string; readonly cursor: Cursor | undefined } | undefined;

/** @returns undefined for a text that `encodeCursor` has not made, and for a position that no incident can have. */
export function decodeCursor(text: string): Cursor | undefined {
  if (last?.text !== text) last = { text, cursor: decode(text) };
  return last.cursor;
}

function decode(text: string): Cursor | undefined {
  const parts = CURSOR.exec(Buffer.from(text, 'base64url').toString('latin1'));
  if (!parts) return undefined;
  const [, letter, side, attention, time, id, at, until, unseen, lateTime, lateId, lateUnseen] = parts;
  const order = ORDERS.find((name) => LETTERS[name] === letter)!;
  if ((order === 'attention') !== (attention !== undefined)) return undefined;
  const position = {
    ...positionIn(time!, id!),
    ...(attention !== undefined && { attention: Number(attention) as Attention }),
  };
  if (!isPossible(position)) return undefined;
  const isLatePossible = lateUnseen === undefined || isPossible(positionIn(lateTime!, lateId!));
  if (!isLatePossible) return undefined;
  const passed: Passed | undefined =
    at === undefined
      ? undefined
      : {
          at: new Date(Number(at)),
          unseen: unseenIn(unseen!),
          until: until === undefined ? undefined : new Date(Number(until)),
          late:
            lateUnseen === undefined
              ? undefined
              : { after: positionIn(lateTime!, lateId!), unseen: unseenIn(lateUnseen) },
        };
  const cursor: Cursor = {
    order,
    start: side === 'a' ? { after: position, passed } : { before: position },
  };
  return encodeCursor(cursor) === text ? cursor : undefined;
}

const isPossible = ({ createdAt, id }: Position) =>
  isInSupportedYears(createdAt.getTime()) && Number.isSafeInteger(id) && id >= 1;

const placeText = (order: Order, position: Position) =>
  `${order === 'attention' ? `${position.attention}!` : ''}${positionText(position)}`;
const positionText = ({ createdAt, id }: Position) => `${createdAt.getTime()}.${id}`;
const positionIn = (time: string, id: string): Position => ({
  createdAt: new Date(Number(time)),
  id: Number(id),
});

const unseenText = ({ from, running }: Unseen) => [from, ...running].join('.');

function unseenIn(text: string): Unseen {
  const [from, ...running] = text.split('.').map(Number);
  return { from: from!, running };
}

function passedText(passed: Passed | undefined): string {
  if (!passed) return '';
  const { at, until, unseen, late } = passed;
  const sweep = late ? `~${positionText(late.after)}~${unseenText(late.unseen)}` : '';
  return `~${at.getTime()}${until ? `-${until.getTime()}` : ''}~${unseenText(unseen)}${sweep}`;
}
