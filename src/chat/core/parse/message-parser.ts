import type { Action, Status } from '../actions/transitions.js';
import { readAction, readStatus } from './keywords.js';

/** Who tells of an incident; the API's words. */
export const SOURCES = ['operator', 'monitoring', 'partner'] as const;
export type Source = (typeof SOURCES)[number];

/** A new incident, as the message tells of it. */
export interface Report {
  readonly description: string;
  readonly source: Source;
}

/** What a message says. */
export interface MessageContent {
  readonly text: string;
  /**
   * Whether it is taken as it is, without commands, numbers and tags in it: words of others that were forwarded, code, or a
   * description of what came without words.
   */
  readonly isVerbatim: boolean;
}

/** The parts of a message that its meaning hangs on. */
export interface Heard {
  readonly content: MessageContent;
  /** The incident of the message that this one replies to. */
  readonly repliedTo?: number | undefined;
}

/**
 * What a message asks for. `otherwise` is the report that it is where there is no incident of that number: scooters
 * have numbers, too.
 */
export type Meaning =
  | { readonly kind: 'report'; readonly report: Report }
  | {
      readonly kind: 'act';
      readonly id: number;
      readonly action: Action;
      readonly note?: string;
      readonly otherwise?: Report;
    }
  | { readonly kind: 'append'; readonly id: number; readonly text: string; readonly otherwise?: Report }
  | { readonly kind: 'show'; readonly id: number }
  | { readonly kind: 'list'; readonly status?: Status }
  | { readonly kind: 'help' }
  | { readonly kind: 'misused'; readonly command: 'show' | 'update' | 'list' }
  | { readonly kind: 'unknown-command'; readonly command: string }
  | { readonly kind: 'for-another-bot' };

const SOURCE = `(${SOURCES.join('|')})`;
const TAG = new RegExp(String.raw`^\[\s*${SOURCE}\s*\]\s*`, 'i');
const SUFFIX = new RegExp(String.raw`\s*\|\s*source\s*=\s*${SOURCE}\s*$`, 'i');

// A leading zero, a letter or a hyphen makes it the name of something else: #042, #42a, #42-7.
const NUMBER = /^#([1-9]\d{0,14})(?![\p{L}\p{M}\p{N}_]|[-‑][\p{L}\p{N}])[\s.,:;–—-]*/u;
// What Telegram marks as a command, at the beginning, and alone: a path such as /dev/sda1 is none.
const COMMAND = /^\/(\w{1,32})(?:@(\w+))?(?=\s|$)\s*/;
// The names of all bots end so: https://core.telegram.org/bots/features#creating-a-new-bot
const COMMAND_TO_OTHER_BOT = /^@\w*bot[\s,:]+\/\w/i;
const ID = /^#?([1-9]\d{0,14})(?=\s|$)\s*/;

/** Reads a message. @param botName the bot's user name, by which commands are known to be for it. */
export function readMessage({ content, repliedTo }: Heard, botName: string): Meaning {
  const text = content.text.trim();
  const { report, isTagged } = readReport(content);
  if (content.isVerbatim)
    return repliedTo === undefined ? { kind: 'report', report } : { kind: 'append', id: repliedTo, text };
  if (COMMAND_TO_OTHER_BOT.test(text)) return { kind: 'for-another-bot' };
  const command = COMMAND.exec(text);
  if (command) {
    const [all, name, addressee] = command;
    if (addressee !== undefined && addressee.toLowerCase() !== botName.toLowerCase()) {
      return { kind: 'for-another-bot' };
    }
    return readCommand(name!.toLowerCase(), text.slice(all.length));
  }
  if (isTagged) return { kind: 'report', report };
  const number = NUMBER.exec(text);
  if (number) return aboutIncident(Number(number[1]), text.slice(number[0].length), report);
  if (repliedTo !== undefined) return aboutIncident(repliedTo, text, undefined);
  // A mention of the bot, and no more.
  return text === '' ? { kind: 'help' } : { kind: 'report', report };
}

/** What a message says as a report: without the tag that names its source, if it has one. */
export function readReport({ text: raw, isVerbatim }: MessageContent): { report: Report; isTagged: boolean } {
  const text = raw.trim();
  const tag = isVerbatim ? null : (TAG.exec(text) ?? SUFFIX.exec(text));
  if (!tag) return { report: { description: text, source: 'operator' }, isTagged: false };
  const description = text.slice(0, tag.index) + text.slice(tag.index + tag[0].length);
  return { report: { description, source: tag[1]!.toLowerCase() as Source }, isTagged: true };
}

function aboutIncident(id: number, text: string, whole: Report | undefined): Meaning {
  if (text === '') return { kind: 'show', id };
  const read = readAction(text);
  if (!read) return { kind: 'append', id, text, otherwise: whole };
  const { action, note } = read;
  // "#42 done" tells of an incident alone, "#42 снова стоит" of a scooter as well.
  return { kind: 'act', id, action, note, otherwise: note === undefined ? undefined : whole };
}

function readCommand(name: string, rest: string): Meaning {
  switch (name) {
    case 'start':
    case 'help':
      return { kind: 'help' };
    case 'list': {
      if (rest.trim() === '') return { kind: 'list' };
      const status = readStatus(rest);
      return status ? { kind: 'list', status } : { kind: 'misused', command: 'list' };
    }
    case 'show': {
      const id = ID.exec(rest);
      return id ? { kind: 'show', id: Number(id[1]) } : { kind: 'misused', command: 'show' };
    }
    case 'update': {
      const id = ID.exec(rest);
      const read = id && readAction(rest.slice(id[0].length));
      return read ? { kind: 'act', id: Number(id[1]), ...read } : { kind: 'misused', command: 'update' };
    }
    default:
      return { kind: 'unknown-command', command: name };
  }
}
