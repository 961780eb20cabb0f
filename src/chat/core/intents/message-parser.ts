import { ID_PATTERN, type Report, type Source, SOURCES } from '../api/incident.js';
import { type Intent, parseCommand } from './intents.js';
import { parseAction } from './keywords.js';

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

/** A message that is a report, or that asks for something else. */
export type ParsedMessage =
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'for_another_bot' }
  | (Intent & {
      /** The report that it is where there is no incident of that number: scooters have numbers, too. */
      readonly otherwise?: Report | undefined;
    });

const SOURCE = `(${SOURCES.join('|')})`;
const TAG = new RegExp(String.raw`^\[\s*${SOURCE}\s*\]\s*`, 'i');
const SUFFIX = new RegExp(String.raw`\s*\|\s*source\s*=\s*${SOURCE}\s*$`, 'i');

// A leading zero, a letter or a hyphen makes it the name of something else: #042, #42a, #42-7.
const NUMBER = new RegExp(
  String.raw`^#(${ID_PATTERN})(?![\p{L}\p{M}\p{N}_]|[-‑][\p{L}\p{N}])[\s.,:;–—-]*`,
  'u',
);
// As Telegram marks commands, but only at the beginning and with a space after it: a path such as /dev/sda1 is none.
const COMMAND = /^\/(\w{1,32})(?:@(\w+))?(?=\s|$)\s*/;
// The names of all bots end so: https://core.telegram.org/bots/features#creating-a-new-bot
const COMMAND_TO_OTHER_BOT = /^@\w*bot[\s,:]+\/\w/i;

/** Parses a message. @param botName the bot's user name, which commands may be addressed to. */
export function parseMessage({ content, repliedToId }: ParserInput, botName: string): ParsedMessage {
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

function parseAboutIncident(id: number, text: string, whole: Report | undefined): ParsedMessage {
  if (text === '') return { kind: 'show', id };
  const parsed = parseAction(text);
  if (!parsed) return { kind: 'append', id, text, otherwise: whole };
  const { action, note } = parsed;
  // "#42 done" can only be about an incident, "#42 снова стоит" may be about a scooter.
  return { kind: 'transition', id, action, note, otherwise: note === undefined ? undefined : whole };
}
