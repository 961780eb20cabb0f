import type { Message, UserFromGetMe } from 'grammy/types';
import { incidentNamedIn, numberAskedFor } from '../../core/translations/incident-text.js';
import { contentOf } from './message-content.js';
import { reportKeyOf } from './message-keys.js';
import type { Translations } from '../../core/translations/translations.js';
import { type Meaning, type MessageContent, readMessage } from '../../core/parse/message-parser.js';
import type { RecentMessages } from '../../core/actions/recent-messages.js';
import type { IncidentsApi } from '../../core/api/incidents-api.js';
import { senderOf } from './sender.js';

/** What a message of the chat asks for, where it may also be about a report that has no number yet. */
export type InterpretedMessage = Meaning | { readonly kind: 'too-early' };

/** What can be done without the register: all but new reports is answered by the bot itself. */
const WITHOUT_REGISTER: ReadonlySet<Meaning['kind']> = new Set([
  'report',
  'help',
  'misused',
  'unknown-command',
  'for-another-bot',
]);

/** No incident has this number. */
const NONE = 0;

/** Understands messages by what they reply to as well. */
export class MessageInterpreter {
  constructor(
    private readonly register: IncidentsApi,
    private readonly recollection: RecentMessages,
    private readonly me: Pick<UserFromGetMe, 'id' | 'username'>,
    private readonly phrases: Translations,
  ) {}

  /** What a message says; undefined for service messages. */
  contentOf(message: Message): MessageContent | undefined {
    return contentOf(message, this.phrases, this.me.username);
  }

  /** Whether it takes the register to carry a message out. */
  needsRegister(message: Message): boolean {
    const content = this.contentOf(message);
    if (content === undefined) return false;
    const repliedTo = this.reportRepliedTo(message) === undefined ? this.incidentRepliedTo(message) : NONE;
    return !WITHOUT_REGISTER.has(this.read(content, repliedTo).kind);
  }

  async meaningOf(message: Message, content: MessageContent): Promise<InterpretedMessage> {
    const report = this.reportRepliedTo(message);
    if (report === undefined) return this.read(content, this.incidentRepliedTo(message));
    const meaning = this.read(content, NONE);
    if (!('id' in meaning) || meaning.id !== NONE) return meaning;
    const incident = await this.register.findByKey(report.key);
    // What is said of a report is no report of its own, though nobody knows its number yet.
    if (!incident && report.isOnItsWay) return { kind: 'too-early' };
    return this.read(content, incident?.id);
  }

  private read(content: MessageContent, repliedTo: number | undefined): Meaning {
    return readMessage({ content, repliedTo }, this.me.username);
  }

  private incidentRepliedTo({ reply_to_message: original }: Message): number | undefined {
    return original?.from?.id === this.me.id ? incidentNamedIn(original.text ?? '') : undefined;
  }

  /** The report whose message, or whose "accepted", a message replies to; whether there is an incident is for the register. */
  private reportRepliedTo({ reply_to_message: original }: Message): RepliedTo | undefined {
    if (!original) return undefined;
    if (original.from?.id === this.me.id) {
      const button = original.reply_markup?.inline_keyboard[0]?.[0];
      const key = button && 'callback_data' in button ? numberAskedFor(button.callback_data) : undefined;
      return key === undefined ? undefined : { key, isOnItsWay: true };
    }
    // Whatever is written in a topic of a forum replies to the service message that began the topic.
    if (!senderOf(original) || !this.contentOf(original)) return undefined;
    const key = reportKeyOf(original);
    return { key, isOnItsWay: this.recollection.isReported(key) };
  }
}

/** A report that a message replies to. */
interface RepliedTo {
  readonly key: string;
  /** Whether it is known to be a report that has an incident, or will. */
  readonly isOnItsWay: boolean;
}
