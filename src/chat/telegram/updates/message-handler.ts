import { Injectable } from '@nestjs/common';
import type { Message } from 'grammy/types';
import { IncidentActions, withSuffix } from '../../core/actions/incident-actions.js';
import { RecentMessages } from '../../core/actions/recent-messages.js';
import type { Report, Status } from '../../core/api/incident.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import type { RequestIdentity } from '../../core/api/incidents-api-client.js';
import { ApiRejection } from '../../core/api/incidents-api-responses.js';
import { buttonsFor, card, incidentMessage, listLine } from '../../core/messages/incident-text.js';
import { rejectionText } from '../../core/messages/rejection-text.js';
import type { MessageContent } from '../../core/parse/message-parser.js';
import { Translations } from '../../core/translations/translations.js';
import { writtenTextOf } from '../content/message-content.js';
import { MessageInterpreter, type InterpretedMessage } from '../content/message-interpreter.js';
import { keyOf, reportKeyOf } from '../content/message-keys.js';
import { actorOfMessage } from '../content/sender.js';
import { Replies, type Reply } from '../replies/replies.js';
import { ReportTransport } from './report-transport.js';

/** What `/list` shows by default. */
const NOT_CLOSED: readonly Status[] = ['NEW', 'IN_PROGRESS', 'RESOLVED'];

/** Carries out the messages of the chats, and replies with the result. */
@Injectable()
export class MessageHandler {
  constructor(
    private readonly api: IncidentsApi,
    private readonly actions: IncidentActions,
    private readonly transport: ReportTransport,
    private readonly recentMessages: RecentMessages,
    private readonly interpreter: MessageInterpreter,
    private readonly replies: Replies,
    private readonly translations: Translations,
  ) {}

  /** @returns the kind of the message, for the metric. */
  async handle(message: Message): Promise<string> {
    const actor = actorOfMessage(message);
    const content = this.interpreter.contentOf(message);
    if (actor === undefined || !content) return 'ignored';
    const identity = { key: keyOf(message), actor };
    this.recentMessages.markNotReport(reportKeyOf(message));
    const kind = await this.handleContent(message, content, identity);
    this.recentMessages.markHandled(identity.key, content.text);
    return kind;
  }

  private async handleContent(
    message: Message,
    content: MessageContent,
    identity: RequestIdentity,
  ): Promise<string> {
    const meaning = await this.interpreter.interpret(message, content);
    if (meaning.kind === 'for_another_bot') return 'ignored';
    try {
      const reply = await this.carryOut(meaning, message, identity);
      if (!reply) return 'ignored';
      this.replies.reply(message, reply);
    } catch (error) {
      if (!(error instanceof ApiRejection)) throw error;
      const id = 'id' in meaning ? meaning.id : undefined;
      this.replies.reply(message, { text: rejectionText(error, id, this.translations) });
    }
    return meaning.kind;
  }

  private async carryOut(
    meaning: Exclude<InterpretedMessage, { readonly kind: 'for_another_bot' }>,
    message: Message,
    identity: RequestIdentity,
  ): Promise<Reply | undefined> {
    const send = (report: Report) => this.report(report, message, identity);
    switch (meaning.kind) {
      case 'report':
        return send(meaning.report);
      case 'transition':
        return otherwiseReport(meaning.otherwise, send, async () => {
          const { incident, rejection } = await this.actions.perform(meaning, identity);
          return incidentMessage(incident, this.translations, rejection);
        });
      case 'append':
        return otherwiseReport(meaning.otherwise, send, () =>
          this.append(meaning.id, meaning.text, identity),
        );
      case 'show': {
        const incident = await this.api.get(meaning.id);
        return { text: card(incident, this.translations), buttons: buttonsFor(incident, this.translations) };
      }
      case 'list':
        return this.list(meaning.status);
      case 'help':
        return { text: this.translations.help };
      case 'usage_error':
        return { text: this.translations.usageError[meaning.command] };
      case 'too_early':
        return { text: this.translations.replyTooEarly };
      case 'unknown_command':
        break;
    }
    return { text: this.translations.unknownCommand(meaning.command) };
  }

  /** @returns undefined where no reply is needed: the message belongs to an album that was reported. */
  private async report(
    report: Report,
    message: Message,
    identity: RequestIdentity,
  ): Promise<Reply | undefined> {
    const key = reportKeyOf(message);
    const isWritten = writtenTextOf(message) !== undefined;
    if (key !== identity.key && !isWritten && this.recentMessages.isReport(key)) return undefined;
    try {
      const reply = await this.transport.send(report, { ...identity, key });
      this.recentMessages.markReport(key);
      return reply;
    } catch (error) {
      // Another message of the album was the report.
      const isReused = error instanceof ApiRejection && error.is('idempotency.key-reused');
      const incident = isReused && key !== identity.key ? await this.api.findByKey(key) : undefined;
      if (!incident) throw error;
      this.recentMessages.markReport(key);
      return isWritten ? this.append(incident.id, report.description, identity) : undefined;
    }
  }

  private async append(id: number, text: string, identity: RequestIdentity): Promise<Reply> {
    const update = { description_append: text };
    const incident = await this.api.update(id, update, withSuffix(identity, 'append'));
    return incidentMessage(incident, this.translations, this.translations.appended);
  }

  private async list(status: Status | undefined): Promise<Reply> {
    const { incidents, total } = await this.api.list(status ? [status] : NOT_CLOSED);
    if (incidents.length === 0) return { text: this.translations.emptyList };
    const lines = incidents.map((incident) => listLine(incident));
    return { text: [this.translations.list(status, incidents.length, total), '', ...lines].join('\n') };
  }
}

/** Where there is no such incident, the number is that of something else, and the message is a report. */
async function otherwiseReport<Result>(
  otherwise: Report | undefined,
  send: (report: Report) => Promise<Result>,
  carryOut: () => Promise<Result>,
): Promise<Result> {
  try {
    return await carryOut();
  } catch (error) {
    if (!otherwise || !(error instanceof ApiRejection) || !error.is('incident.not-found')) throw error;
    return send(otherwise);
  }
}
