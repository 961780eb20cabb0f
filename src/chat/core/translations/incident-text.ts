import type { InlineKeyboardMarkup } from 'grammy/types';
import { shorten } from '../../../shared/shorten.js';
import type { Incident } from '../api/incident.js';
import { type Action, ACTIONS, BUTTONS } from '../actions/transitions.js';
import type { Translations } from './translations.js';
import type { OutgoingMessage } from '../../telegram/replies/replies.js';

// Telegram takes 4,096 UTF-16 units; the rest is for what stands around the text.
const MAX_DESCRIPTION = 3_500;
const MAX_LINE = 80;

/** What stands at the beginning of all that the bot says of an incident, and is read again in replies to it. */
const HEADLINE = /^#([1-9]\d{0,14}) · /;

/** The first line about an incident: `#42 · NEW — новый`. */
export function headline({ id, status }: Incident, phrases: Translations): string {
  return `#${id} · ${status} — ${phrases.status[status]}`;
}

/** The incident that a message of the bot is about; undefined where it is about none, or several. */
export function incidentNamedIn(text: string): number | undefined {
  const id = HEADLINE.exec(text)?.[1];
  return id === undefined ? undefined : Number(id);
}

/** What is said of an incident that was told of or changed: its first line, a remark, and the buttons. */
export function about(incident: Incident, phrases: Translations, remark?: string): OutgoingMessage {
  const text = [headline(incident, phrases), remark].filter((part) => part !== undefined).join('\n');
  return { text, buttons: buttonsFor(incident, phrases) };
}

/** All of an incident, as long as a message may be. */
export function card(incident: Incident, phrases: Translations): string {
  const at = `${incident.created_at.slice(0, 16).replace('T', ' ')} UTC`;
  const origin = phrases.reportedBy(phrases.source[incident.source], at);
  return `${headline(incident, phrases)}\n${origin}\n\n${shorten(incident.description, MAX_DESCRIPTION)}`;
}

/** An incident as a line of a list. */
export function line({ id, status, description }: Incident): string {
  return `#${id} ${status} ${shorten(description.replaceAll(/\s+/g, ' ').trim(), MAX_LINE)}`;
}

/** A button for each legal move; undefined where there is none. */
export function buttonsFor(
  { id, status }: Incident,
  phrases: Translations,
): InlineKeyboardMarkup | undefined {
  const actions = BUTTONS[status];
  if (actions.length === 0) return undefined;
  const row = actions.map((action) => ({
    text: phrases.button[action],
    callback_data: `${action}:${id}`,
  }));
  return { inline_keyboard: [row] };
}

/** The button below a report that has no number yet: it knows the report's key, so that it works after a restart too. */
export function numberButton(key: string, phrases: Translations): InlineKeyboardMarkup {
  return { inline_keyboard: [[{ text: phrases.number, callback_data: `number:${key}` }]] };
}

/** The key of the report whose number a pressed button asks for; undefined where it asks for something else. */
export function numberAskedFor(data: string): string | undefined {
  return /^number:(tg:-?\d{1,16}:(?:album:)?\d{1,20})$/.exec(data)?.[1];
}

/** What a pressed button asks for; undefined where it is none of the bot's. */
export function pressed(data: string): { action: Action; id: number } | undefined {
  const [, name, id] = /^(\w+):([1-9]\d{0,14})$/.exec(data) ?? [];
  const action = ACTIONS.find((each) => each === name);
  return action && { action, id: Number(id) };
}
