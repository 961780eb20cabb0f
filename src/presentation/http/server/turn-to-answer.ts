import type { Request } from 'express';
import { ownTurn } from '../../../shared/event-loop-turns.js';

/** So much of an answer is built at once: a page of the default size, with short texts. */
const MAX_ITEMS = 50;
const MAX_CHARACTERS = 50_000;

/**
 * Resolves in a turn of the event loop in which no other large answer is built; at once for a small one. Pages of 200 incidents, asked
 * for on many connections, take milliseconds each; what others have sent is handled between two of them.
 */
export async function turnToAnswer<Item>(
  { accessKey }: Request,
  items: readonly Item[],
  textOf: (item: Item) => string,
): Promise<void> {
  if (isLarge(items, textOf)) await ownTurn(accessKey!.principal);
}

function isLarge<Item>(items: readonly Item[], textOf: (item: Item) => string): boolean {
  if (items.length > MAX_ITEMS) return true;
  let characters = 0;
  for (const item of items) characters += textOf(item).length;
  return characters > MAX_CHARACTERS;
}
