import type { Action } from '../actions/actions.js';
import { type Report, type Source, SOURCES, type Status } from '../api/incident.js';
import { parseAction, parseStatus } from './keywords.js';

export interface MessageContent {
  readonly text: string;
  /**
   * Whether commands, numbers and tags in it have no meaning: in forwarded messages, in code, and in descriptions of
   * messages without a text.
   */
  readonly isVerbatim: boolean;
}

export interface ParserInput {
  readonly content: MessageContent;
  /** The incident of the message that this one replies to. */
  readonly repliedToId?: number | undefined;
}

/**
 * What a message asks for. It is the report `otherwise` where there is no incident of that number: scooters have
 * numbers, too.
 */
export type Meaning =
  | { readonly kind: 'report'; readonly report: Report }
  | {
      readonly kind: 'transition';
      readonly id: number;
      readonly action: Action;
      readonly note?: string;
      readonly otherwise?: Report;
    }
  | { readonly kind: 'append'; readonly id: number; readonly text: string; readonly otherwise?: Report }
  | { readonly kind: 'show'; readonly id: number }
  | { readonly kind: 'list'; readonly status?: Status }
  | { readonly kind: 'help' }
  | { readonly kind: 'usage_error'; readonly command: 'show' | 'update' | 'list' }
  | { readonly kind: 'unknown_command'; readonly command: string }
  | { readonly kind: 'for_another_bot' };

const SOURCE = `(${SOURCES.join('|')})`;
const TAG = new RegExp(String.raw`^\[\s*${SOURCE}\s*\]\s*`, 'i');
const SUFFIX = new RegExp(String.raw`\s*\|\s*source\s*=\s*${SOURCE}\s*$`, 'i');

// A leading zero, a letter or a hyphen makes it the name of something else: #042, #42a, #42-7.
const NUMBER = /^#([1-9]\d{0,14})(?![\p{L}\p{M}\p{N}_]|[-‑][\p{L}\p{N}])[\s.,:;–—-]*/u;
// As Telegram marks commands, but only at the beginning and with a space after it: a path such as /dev/sda1 is none.
const COMMAND = /^\/(\w{1,32})(?:@(\w+))?(?=\s|$)\s*/;
// The names of all bots end so: https://core.telegram.org/bots/features#creating-a-new-bot
const COMMAND_TO_OTHER_BOT = /^@\w*bot[\s,:]+\/\w/i;
const ID = /^#?([1-9]\d{0,14})(?=\s|$)\s*/;

/** Parses a message. @param botName the bot's user name, which commands may be addressed to. */
export function parseMessage({ content, repliedToId }: ParserInput, botName: string): Meaning {
  const text = content.text.trim();
  const { report, isTagged } = parseReport(content);
  if (content.isVerbatim)
    return repliedToId === undefined ? { kind: 'report', report } : { kind: 'append', id: repliedToId, text };
  if (COMMAND_TO_OTHER_BOT.test(text)) return { kind: 'for_another_bot' };
  const command = COMMAND.exec(text);
  if (command) {
    const [all, name, addressee] = command;
    if (addressee !== undefined && addressee.toLowerCase() !== botName.toLowerCase()) {
      return { kind: 'for_another_bot' };
    }
    return parseCommand(name!.toLowerCase(), text.slice(all.length));
  }
  if (isTagged) return { kind: 'report', report };
  const number = NUMBER.exec(text);
  if (number) return parseAboutIncident(Number(number[1]), text.slice(number[0].length), report);
  if (repliedToId !== undefined) return parseAboutIncident(repliedToId, text, undefined);
  // Only a mention of the bot.
  return text === '' ? { kind: 'help' } : { kind: 'report', report };
}

/** A message as a report: without the tag that names its source, if it has one. */
export function parseReport({ text, isVerbatim }: MessageContent): { report: Report; isTagged: boolean } {
  const trimmed = text.trim();
  const tag = isVerbatim ? null : (TAG.exec(trimmed) ?? SUFFIX.exec(trimmed));
  if (!tag) return { report: { description: trimmed, source: 'operator' }, isTagged: false };
  const description = trimmed.slice(0, tag.index) + trimmed.slice(tag.index + tag[0].length);
  return { report: { description, source: tag[1]!.toLowerCase() as Source }, isTagged: true };
}

function parseAboutIncident(id: number, text: string, whole: Report | undefined): Meaning {
  if (text === '') return { kind: 'show', id };
  const parsed = parseAction(text);
  if (!parsed) return { kind: 'append', id, text, otherwise: whole };
  const { action, note } = parsed;
  // "#42 done" can only be about an incident, "#42 снова стоит" may be about a scooter.
  return { kind: 'transition', id, action, note, otherwise: note === undefined ? undefined : whole };
}

function parseCommand(name: string, rest: string): Meaning {
  switch (name) {
    case 'start':
    case 'help':
      return { kind: 'help' };
    case 'list': {
      if (rest.trim() === '') return { kind: 'list' };
      const status = parseStatus(rest);
      return status ? { kind: 'list', status } : { kind: 'usage_error', command: 'list' };
    }
    case 'show': {
      const id = ID.exec(rest);
      return id ? { kind: 'show', id: Number(id[1]) } : { kind: 'usage_error', command: 'show' };
    }
    case 'update': {
      const id = ID.exec(rest);
      const parsed = id && parseAction(rest.slice(id[0].length));
      return parsed
        ? { kind: 'transition', id: Number(id[1]), ...parsed }
        : { kind: 'usage_error', command: 'update' };
    }
    default:
      return { kind: 'unknown_command', command: name };
  }
}
