import { en } from '../../src/chat/core/translations/english.js';
import type { TestTelegram } from './telegram.js';

/** What the bot tells a chat about an incident. */
export type ToldKind = 'reminder' | 'escalation' | 'taken' | 'resolved' | 'reopened' | 'closed';

/** Something that the bot has told, as Telegram received it. */
export interface Told {
  readonly kind: ToldKind;
  readonly id: number;
  readonly chat: number;
  readonly at: Date;
  /** Whether the message is about this alone, rather than several things combined. */
  readonly isAlone: boolean;
  /** The message that it replies to. */
  readonly replyTo: number | undefined;
}

const ANYTHING = '\u0000';
const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
const patternOf = (text: string) => new RegExp(text.split(ANYTHING).map(escaped).join('.*'));

const PATTERNS: readonly (readonly [ToldKind, RegExp])[] = [
  ['reminder', patternOf(en.notices.reminder)],
  ['escalation', patternOf(en.notices.escalation(undefined))],
  ['escalation', patternOf(en.notices.escalation(ANYTHING))],
  ['taken', patternOf(en.notices.taken(ANYTHING))],
  ['resolved', patternOf(en.notices.resolved(ANYTHING))],
  ['reopened', patternOf(en.notices.reopened(ANYTHING))],
  ['closed', patternOf(en.notices.closed(ANYTHING))],
];

const kindIn = (text: string) => PATTERNS.find(([, pattern]) => pattern.test(text))?.[0];

/** What the bot, in English, has told chats so far. It reads each message once, so that it can be asked often. */
export class ChatNotices {
  readonly all: Told[] = [];
  private readonly byIncident = new Map<number, Told[]>();

  /** @param read the number of requests to the server that are not read. */
  constructor(
    private readonly telegram: TestTelegram,
    private read = 0,
  ) {}

  /** What was told of an incident, in the order in which Telegram received it. */
  of(id: number): readonly Told[] {
    this.update();
    return this.byIncident.get(id) ?? [];
  }

  /** Reads the messages since the last call. */
  update(): void {
    const { requests } = this.telegram;
    for (; this.read < requests.length; this.read++) {
      const { method, payload, at } = requests[this.read]!;
      if (method !== 'sendMessage') continue;
      const { chat_id, text, reply_parameters } = payload as {
        chat_id: number;
        text: string;
        reply_parameters?: { message_id: number };
      };
      const told = { chat: Number(chat_id), at, replyTo: reply_parameters?.message_id };
      const alone = /^#(\d+) · /.exec(text);
      if (alone) this.add(kindIn(text), { ...told, id: Number(alone[1]), isAlone: true });
      else {
        for (const [line, id] of text.matchAll(/^#(\d+) .*$/gm))
          this.add(kindIn(line), { ...told, id: Number(id), isAlone: false });
      }
    }
  }

  private add(kind: ToldKind | undefined, told: Omit<Told, 'kind'>): void {
    // The reply to a report tells its number alone.
    if (!kind) return;
    this.all.push({ kind, ...told });
    this.byIncident.set(told.id, [...(this.byIncident.get(told.id) ?? []), { kind, ...told }]);
  }
}
