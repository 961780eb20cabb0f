import { Injectable } from '@nestjs/common';
import type { Message } from 'grammy/types';
import { RecentMessages } from '../../core/actions/recent-messages.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import { incidentIdIn, reportKeyIn } from '../../core/messages/incident-text.js';
import { type Meaning, type MessageContent, parseMessage } from '../../core/parse/message-parser.js';
import { Translations } from '../../core/translations/translations.js';
import { BotIdentity } from '../bot-identity.js';
import { contentOf } from './message-content.js';
import { reportKeyOf } from './message-keys.js';
import { senderOf } from './sender.js';

/** What a message asks for; a reply to a report without a number yet is too early. */
export type InterpretedMessage = Meaning | { readonly kind: 'too_early' };

/** These kinds need no API where reports go to Kafka: the bot answers the others among them itself. */
const KINDS_WITHOUT_API: ReadonlySet<Meaning['kind']> = new Set([
  'report',
  'help',
  'usage_error',
  'unknown_command',
  'for_another_bot',
]);

/** No incident has this id: it stands for the incident of a reply until that is looked up. */
const UNRESOLVED_ID = 0;

/** Interprets messages, by the messages that they reply to as well. */
@Injectable()
export class MessageInterpreter {
  constructor(
    private readonly api: IncidentsApi,
    private readonly recentMessages: RecentMessages,
    private readonly bot: BotIdentity,
    private readonly translations: Translations,
  ) {}

  /** The content of a message; undefined for service messages. */
  contentOf(message: Message): MessageContent | undefined {
    return contentOf(message, this.translations, this.bot.username);
  }

  needsApi(message: Message): boolean {
    const content = this.contentOf(message);
    if (content === undefined) return false;
    const repliedToId = this.repliedToReport(message) ? UNRESOLVED_ID : this.repliedToIncident(message);
    return !KINDS_WITHOUT_API.has(this.parse(content, repliedToId).kind);
  }

  async interpret(message: Message, content: MessageContent): Promise<InterpretedMessage> {
    const report = this.repliedToReport(message);
    if (!report) return this.parse(content, this.repliedToIncident(message));
    const meaning = this.parse(content, UNRESOLVED_ID);
    if (!('id' in meaning) || meaning.id !== UNRESOLVED_ID) return meaning;
    const incident = await this.api.findByKey(report.key);
    // A reply to a report is no report of its own, even before the number is known.
    if (!incident && report.isAccepted) return { kind: 'too_early' };
    return this.parse(content, incident?.id);
  }

  private parse(content: MessageContent, repliedToId: number | undefined): Meaning {
    return parseMessage({ content, repliedToId }, this.bot.username);
  }

  private repliedToIncident({ reply_to_message: original }: Message): number | undefined {
    return original?.from?.id === this.bot.id ? incidentIdIn(original.text ?? '') : undefined;
  }

  /** The report whose message, or whose "accepted", a message replies to; there may be no incident of it. */
  private repliedToReport({ reply_to_message: original }: Message): RepliedToReport | undefined {
    if (!original) return undefined;
    if (original.from?.id === this.bot.id) {
      const button = original.reply_markup?.inline_keyboard[0]?.[0];
      const key = button && 'callback_data' in button ? reportKeyIn(button.callback_data) : undefined;
      return key === undefined ? undefined : { key, isAccepted: true };
    }
    // Every message in a topic of a forum replies to the service message that began the topic.
    if (!senderOf(original) || !this.contentOf(original)) return undefined;
    const key = reportKeyOf(original);
    return { key, isAccepted: this.recentMessages.isReport(key) };
  }
}

interface RepliedToReport {
  readonly key: string;
  /** Whether it is known to be a report that has an incident, or will have one. */
  readonly isAccepted: boolean;
}
