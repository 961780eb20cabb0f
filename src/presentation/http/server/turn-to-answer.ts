import type { Request } from 'express';
import type { IncidentEvent } from '../../../domain/incident/incident-events.js';
import { ownTurn } from '../../../shared/event-loop-turns.js';

/** A larger answer than a page of the default size with short texts is built in its own turn of the event loop. */
const MAX_ITEMS = 50;
const MAX_CHARACTERS = 50_000;

/**
 * Resolves in a turn of the event loop in which no other large answer is built; immediately for a small answer. A page of 200
 * incidents takes milliseconds: with many of them, the requests of others are handled in between.
 */
export async function turnToAnswer<Item>(
  { accessKey }: Request,
  items: readonly Item[],
  textOf: (item: Item) => string,
): Promise<void> {
  if (isLarge(items, textOf)) await ownTurn(accessKey!.principal);
}

/** The text of an event; empty for an event without one. */
export const textOf = (event: IncidentEvent): string => ('text' in event ? event.text : '');

function isLarge<Item>(items: readonly Item[], textOf: (item: Item) => string): boolean {
  if (items.length > MAX_ITEMS) return true;
  let characters = 0;
  for (const item of items) characters += textOf(item).length;
  return characters > MAX_CHARACTERS;
}
