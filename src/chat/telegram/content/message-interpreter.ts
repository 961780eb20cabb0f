import { Injectable } from '@nestjs/common';
import type { Message } from 'grammy/types';
import { RecentMessages } from '../../core/actions/recent-messages.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import { incidentIdIn, reportKeyIn } from '../../core/messages/incident-text.js';
import type { RequestIdentity } from '../../core/api/incidents-api-client.js';
import { needsApi } from '../../core/intents/intents.js';
import { type MessageContent, type ParsedMessage, parseMessage } from '../../core/intents/message-parser.js';
import { Translations } from '../../core/translations/translations.js';
import { BotIdentity } from '../bot-identity.js';
import { contentOf } from './message-content.js';
import { filesOf, type MessageFile } from './message-files.js';
import { keyOf, reportKeyOf } from './message-keys.js';
import { actorOfMessage, senderOf } from './sender.js';

/** A message that the bot may carry out. */
export interface ReceivedMessage {
  readonly content: MessageContent;
  readonly files: readonly MessageFile[];
  /** The sender, and the idempotency key of the message. */
  readonly identity: RequestIdentity;
}

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

  /** The message without what only Telegram knows; undefined for service messages and those of bots. */
  receive(message: Message): ReceivedMessage | undefined {
    const content = this.contentOf(message);
    const actor = actorOfMessage(message);
    if (content === undefined || actor === undefined) return undefined;
    return { content, files: filesOf(message), identity: { key: keyOf(message), actor } };
  }

  /** Whether the API is needed to handle the message where reports go to Kafka. */
  needsApi(message: Message): boolean {
    const content = this.contentOf(message);
    if (content === undefined) return false;
    // Files are attached by the API alone.
    if (filesOf(message).length > 0) return true;
    const repliedToId = this.repliedToReport(message) ? UNRESOLVED_ID : this.repliedToIncident(message);
    const parsed = this.parse(content, repliedToId);
    return parsed.kind !== 'report' && parsed.kind !== 'for_another_bot' && needsApi(parsed);
  }

  /** What the message asks for; `too_early` for a reply to a report that has no number yet. @throws ShutdownError */
  async interpret(message: Message, content: MessageContent): Promise<ParsedMessage> {
    const report = this.repliedToReport(message);
    if (!report) return this.parse(content, this.repliedToIncident(message));
    const parsed = this.parse(content, UNRESOLVED_ID);
    if (!('id' in parsed) || parsed.id !== UNRESOLVED_ID) return parsed;
    const incident = await this.api.findByKey(report.key);
    // A reply to a report is no report of its own, even before the number is known.
    if (!incident && report.isAccepted) return { kind: 'too_early' };
    return this.parse(content, incident?.id);
  }

  private contentOf(message: Message): MessageContent | undefined {
    return contentOf(message, this.translations, this.bot.user.username);
  }

  private parse(content: MessageContent, repliedToId: number | undefined): ParsedMessage {
    return parseMessage({ content, repliedToId }, this.bot.user.username);
  }

  private repliedToIncident({ reply_to_message: original }: Message): number | undefined {
    return original?.from?.id === this.bot.user.id ? incidentIdIn(original.text ?? '') : undefined;
  }

  /** The report whose message, or whose "accepted", a message replies to; there may be no incident of it. */
  private repliedToReport({ reply_to_message: original }: Message): RepliedToReport | undefined {
    if (!original) return undefined;
    if (original.from?.id === this.bot.user.id) {
      const button = original.reply_markup?.inline_keyboard[0]?.[0];
      const key = button && 'callback_data' in button ? reportKeyIn(button.callback_data) : undefined;
      return key === undefined ? undefined : { key, isAccepted: true };
    }
    // Every message in a topic of a forum replies to the service message that began the topic.
    if (!senderOf(original) || !this.contentOf(original)) return undefined;
    const key = reportKeyOf(original);
    return { key, isAccepted: this.recentMessages.isReport(key) === true };
  }
}

interface RepliedToReport {
  readonly key: string;
  /** Whether it is known to be a report that has an incident, or will have one. */
  readonly isAccepted: boolean;
}
