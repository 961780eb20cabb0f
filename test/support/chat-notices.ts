import { en } from '../../src/chat/core/translations/english.js';
import type { TestTelegram } from './telegram.js';

/** What the bot tells a chat about an incident. */
export type NoticeKind = 'reminder' | 'escalation' | 'taken' | 'resolved' | 'reopened' | 'closed';

/** A message of the bot, as Telegram received it. */
export interface ReceivedNotice {
  readonly kind: NoticeKind;
  readonly id: number;
  readonly chat: number;
  readonly at: Date;
  /** Whether the message is about this alone: it then replies to the report. */
  readonly isAlone: boolean;
  /** The message that it replies to. */
  readonly replyTo: number | undefined;
}

const ANYTHING = '\u0000';
const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
const patternOf = (text: string) => new RegExp(text.split(ANYTHING).map(escaped).join('.*'));

/** In a message about several incidents, escalations look as reminders do. */
const PATTERNS: readonly (readonly [NoticeKind, RegExp])[] = [
  ['escalation', patternOf(en.notices.escalation())],
  ['escalation', patternOf(en.notices.escalation(ANYTHING))],
  ['reminder', /⏰/],
  ['taken', patternOf(en.notices.taken(ANYTHING))],
  ['resolved', patternOf(en.notices.resolved(ANYTHING))],
  ['reopened', patternOf(en.notices.reopened(ANYTHING))],
  ['closed', patternOf(en.notices.closed(ANYTHING))],
];

const COUNTS_MORE = /^⏰ .* more: /m;

const kindIn = (text: string) => PATTERNS.find(([, pattern]) => pattern.test(text))?.[0];

/** What the bot, in English, has written to chats. It reads each message once, so that it can be asked often. */
export class ChatNotices {
  private readonly byIncident = new Map<number, ReceivedNotice[]>();
  /** When a message to a chat has counted incidents that it did not name. */
  readonly counted: { readonly chat: number; readonly at: Date }[] = [];
  private readonly from: number;
  private read: number;

  /** Begins with the next message. */
  constructor(private readonly telegram: TestTelegram) {
    this.from = telegram.requests.length;
    this.read = this.from;
  }

  /** The notices of an incident, in the order in which Telegram received it. */
  of(id: number): readonly ReceivedNotice[] {
    const { requests } = this.telegram;
    while (this.read < requests.length) this.add(requests[this.read++]!);
    return this.byIncident.get(id) ?? [];
  }

  /** The messages to a chat, edits aside. */
  messages(chat: number): readonly string[] {
    return this.telegram.requests
      .slice(this.from)
      .filter(({ method, payload }) => method === 'sendMessage' && Number(payload['chat_id']) === chat)
      .map(({ payload }) => payload['text'] as string);
  }

  private add({ method, payload, atMs }: TestTelegram['requests'][number]): void {
    if (method !== 'sendMessage') return;
    const text = payload['text'] as string;
    const chat = Number(payload['chat_id']);
    const at = new Date(performance.timeOrigin + atMs);
    const alone = /^#\d+ · /.test(text);
    if (COUNTS_MORE.test(text)) this.counted.push({ chat, at });
    for (const part of alone ? [text] : text.split('\n')) {
      const id = Number(/^#(\d+) /.exec(part)?.[1]);
      const kind = kindIn(part);
      // Nothing but its number is said of a new report.
      if (!id || !kind) continue;
      const received = {
        kind,
        id,
        chat,
        at,
        isAlone: alone,
        replyTo: payload['reply_parameters']?.message_id as number | undefined,
      };
      this.byIncident.set(id, [...(this.byIncident.get(id) ?? []), received]);
    }
  }
}
