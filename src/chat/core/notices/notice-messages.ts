import { shorten } from '../../../shared/shorten.js';
import type { ChatEvent } from '../api/chat-feed.js';
import { incidentMessage, inOneLine, questionButtons } from '../messages/incident-text.js';
import { personOf } from '../../../shared/person.js';
import type { OutgoingMessage } from '../messages/outgoing-message.js';
import type { Translations } from '../translations/translations.js';
import type { Notice } from './notices.js';

/** Up to so many notices are messages of their own, which reply to the reports; more are combined. */
const MAX_SINGLE = 3;

/** How many reminders a combined message lists; it counts the others. */
const MAX_LISTED_REMINDERS = 20;

/** How much of a description stands in the message for another chat. */
const MAX_ELSEWHERE_LENGTH = 1_000;

/** In UTF-16 units: a message of Telegram has up to 4,096. */
const MAX_TEXT_LENGTH = 3_800;

/** A message about some notices, in the order of their events. */
export interface NoticeMessage extends OutgoingMessage {
  /** The message to reply to; undefined if it is about several incidents. */
  readonly origin?: string;
  /** The last event that it is about. */
  readonly upTo: ChatEvent;
}

/** What messages about notices are made with. */
export interface NoticeContext {
  readonly translations: Translations;
  /** Who is mentioned in escalations. */
  readonly onDuty?: string | undefined;
}

/** The messages for these notices. */
export function noticeMessages(notices: readonly Notice[], context: NoticeContext): readonly NoticeMessage[] {
  return notices.length <= MAX_SINGLE
    ? notices.map((notice) => singleMessage(notice, context))
    : combinedMessages(notices, context);
}

/** The messages about escalations for another chat: a single one has the description, since the report is elsewhere. */
export function escalationsElsewhere(
  escalations: readonly Notice[],
  { translations }: NoticeContext,
): readonly OutgoingMessage[] {
  if (escalations.length > MAX_SINGLE) return combinedMessages(escalations, { translations });
  return escalations.map(({ incident }) => {
    const { text, buttons } = incidentMessage(incident, translations, translations.notices.escalation());
    return { text: `${text}\n\n${shorten(incident.description, MAX_ELSEWHERE_LENGTH)}`, buttons };
  });
}

function singleMessage(notice: Notice, context: NoticeContext): NoticeMessage {
  const { kind, event, incident } = notice;
  const { translations } = context;
  const { text, buttons } = incidentMessage(incident, translations, remarkOf(notice, context));
  return {
    text,
    buttons: kind === 'question' ? questionButtons(incident, translations) : buttons,
    origin: incident.origin ?? undefined,
    upTo: event,
  };
}

/** Few messages with a line for each notice; of many reminders, the last says how many more there are. */
function combinedMessages(notices: readonly Notice[], context: NoticeContext): readonly NoticeMessage[] {
  const waiting = notices.filter(asksToTake);
  const unlisted = new Set(waiting.slice(MAX_LISTED_REMINDERS));
  const listed = notices.filter((notice) => !unlisted.has(notice));
  const lines = listed.map((notice) => ({ text: lineOf(notice, context), upTo: notice.event }));
  const upTo = notices.at(-1)!.event;
  const { notices: texts } = context.translations;
  if (waiting.length > 0) lines.push({ text: texts.untaken(unlisted.size), upTo });
  const isEscalated = notices.some(({ kind }) => kind === 'escalation');
  if (isEscalated && context.onDuty !== undefined) lines.push({ text: context.onDuty, upTo });
  const messages = inMessages(lines);
  return [...messages.slice(0, -1), { text: messages.at(-1)!.text, upTo }];
}

/** As few messages as these lines fit into. */
function inMessages(lines: readonly NoticeMessage[]): readonly NoticeMessage[] {
  const messages: NoticeMessage[] = [];
  for (const { text, upTo } of lines) {
    const last = messages.at(-1);
    if (last && last.text.length + text.length < MAX_TEXT_LENGTH)
      messages[messages.length - 1] = { text: `${last.text}\n${text}`, upTo };
    else messages.push({ text, upTo });
  }
  return messages;
}

const asksToTake = ({ kind }: Notice) => kind === 'reminder' || kind === 'escalation';

/** A notice as a line of a combined message. It does not look like the headline of a message about one incident. */
function lineOf(notice: Notice, context: NoticeContext): string {
  const { incident } = notice;
  const preview = inOneLine(incident.description);
  return asksToTake(notice)
    ? `#${incident.id} ⏰ ${preview}`
    : `#${incident.id} ${remarkOf(notice, context)} · ${preview}`;
}

/** What has happened, in a few words. */
function remarkOf({ kind, event, incident }: Notice, { translations, onDuty }: NoticeContext): string {
  const { notices } = translations;
  switch (kind) {
    case 'taken':
      return notices.taken(personOf(event.assignee ?? event.actor));
    case 'duplicate':
      return notices.duplicate(incident.duplicate_of!);
    case 'original_resolved':
    case 'original_reopened':
      return notices[kind](event.incident_id);
    case 'reminder':
      return notices.reminder;
    case 'escalation':
      return notices.escalation(onDuty);
    case 'question':
      return notices.question(personOf(incident.assignee!));
    case 'released':
    case 'resolved':
    case 'reopened':
    case 'closed':
      break;
  }
  return notices[kind](personOf(event.actor));
}
