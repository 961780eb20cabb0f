import type { IncidentQuery, PageStart, Position } from '../../application/ports/incident-list.js';
import { isWithinYears } from './moments.js';

type Order = IncidentQuery['order'];

/** A page's start by position, and the order in which it is one. */
export interface Cursor {
  readonly order: Order;
  readonly start: Exclude<PageStart, { readonly offset: number }>;
}

const LETTERS = { 'newest-first': 'n', 'oldest-first': 'o' } as const satisfies Record<Order, string>;

/** A cursor as clients see it: opaque, safe in a URL, and the same for the same cursor. */
export function encodeCursor({ order, start }: Cursor): string {
  const [side, { createdAt, id }] = 'after' in start ? ['a', start.after] : ['b', start.before];
  return Buffer.from(`${LETTERS[order]}${side}${createdAt.getTime()}.${id}`).toString('base64url');
}

/** @returns undefined for what `encodeCursor` has not made, and for positions that no incident can have. */
export function decodeCursor(text: string): Cursor | undefined {
  const decoded = Buffer.from(text, 'base64url').toString('latin1');
  const [, letter, side, time, id] = /^([no])([ab])(-?\d{1,16})\.(\d{1,16})$/.exec(decoded) ?? [];
  const position: Position = { createdAt: new Date(Number(time)), id: Number(id) };
  if (!isWithinYears(Number(time)) || !Number.isSafeInteger(position.id) || position.id < 1) return undefined;
  const order = letter === 'n' ? 'newest-first' : 'oldest-first';
  const cursor: Cursor = { order, start: side === 'a' ? { after: position } : { before: position } };
  return encodeCursor(cursor) === text ? cursor : undefined;
}
