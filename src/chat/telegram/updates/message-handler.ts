import { Injectable } from '@nestjs/common';
import type { Message } from 'grammy/types';
import { digestOf, RecentMessages } from '../../core/actions/recent-messages.js';
import type { Incident, Report } from '../../core/api/incident.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import type { RequestIdentity } from '../../core/api/incidents-api-client.js';
import { ApiRejection } from '../../core/api/incidents-api-responses.js';
import { IntentReplies } from '../../core/intents/intents.js';
import { type ParsedMessage, parseReport } from '../../core/intents/message-parser.js';
import { incidentMessage } from '../../core/messages/incident-text.js';
import { resultOrRejection, resultOrReport } from '../../core/messages/rejections.js';
import { Translations } from '../../core/translations/translations.js';
import { writtenTextOf } from '../content/message-content.js';
import { MessageInterpreter, type ReceivedMessage } from '../content/message-interpreter.js';
import { chatScope, reportKeyOf } from '../content/message-keys.js';
import { Replies, type Reply } from '../replies/replies.js';
import { ServedChats } from '../served-chats.js';
import { FileMessageHandler } from './file-message-handler.js';
import { MessageReports } from './message-reports.js';
import { ReportTransport } from './report-transport.js';

/** The API keeps idempotency keys at least so long. */
const MIN_KEY_RETENTION_S = 86_400;

/** Carries out the messages of the chats and their edits, and replies with the result. */
@Injectable()
export class MessageHandler {
  constructor(
    private readonly api: IncidentsApi,
    private readonly intents: IntentReplies,
    private readonly transport: ReportTransport,
    private readonly reports: MessageReports,
    private readonly fileMessages: FileMessageHandler,
    private readonly recentMessages: RecentMessages,
    private readonly interpreter: MessageInterpreter,
    private readonly replies: Replies,
    private readonly chats: ServedChats,
    private readonly translations: Translations,
  ) {}

  /** @returns the kind of the message, for the metric. */
  async handle(message: Message): Promise<string> {
    const received = this.interpreter.receive(message);
    if (!received) return 'ignored';
    this.recentMessages.markReport(reportKeyOf(message), false);
    const parsed = await this.interpreter.interpret(message, received.content);
    const id = 'id' in parsed ? parsed.id : undefined;
    const carryOut = () =>
      received.files.length > 0
        ? this.fileMessages.carryOut(parsed, message, received)
        : this.carryOut(parsed, message, received.identity);
    return (await this.replyWithResult(message, received, carryOut, id)) ? parsed.kind : 'ignored';
  }

  /**
   * Carries out an edit: the new text is appended to the incident that the message has reported or was appended to. Where it has
   * done neither, because it was rejected, the new text is a report.
   * @returns the kind of the update, for the metric.
   */
  async handleEdit(message: Message): Promise<string> {
    const received = this.interpreter.receive(message);
    // Only written text counts: a live location, for one, changes every few seconds.
    if (!received || writtenTextOf(message) === undefined) return 'ignored';
    const { identity, content } = received;
    // Telegram delivers edits that change no text, too: a link that gets its preview is one.
    if (this.recentMessages.wasHandled(identity.key, content.text)) return 'ignored';
    const carryOut = () => this.carryOutEdit(message, received);
    return (await this.replyWithResult(message, received, carryOut)) ? 'edit' : 'ignored';
  }

  /** @returns whether there was a reply. */
  private async replyWithResult(
    message: Message,
    { identity, content }: ReceivedMessage,
    carryOut: () => Promise<Reply | undefined>,
    id?: number,
  ): Promise<boolean> {
    const reply = await resultOrRejection(carryOut, id, this.translations);
    if (reply) this.replies.reply(message, reply);
    this.recentMessages.markHandled(identity.key, content.text);
    return reply !== undefined;
  }

  private async carryOut(
    parsed: ParsedMessage,
    message: Message,
    identity: RequestIdentity,
  ): Promise<Reply | undefined> {
    if (parsed.kind === 'for_another_bot') return undefined;
    const send = async (report: Report) => (await this.reports.report(report, message, identity)).reply;
    if (parsed.kind === 'report') return send(parsed.report);
    const carryOut = async (): Promise<Reply | undefined> =>
      this.intents.replyTo(parsed, identity, chatScope(this.chats.currentId(message.chat.id)));
    return resultOrReport(carryOut, parsed.otherwise, send);
  }

  private async carryOutEdit(message: Message, received: ReceivedMessage): Promise<Reply | undefined> {
    const { content, identity } = received;
    const reportKey = reportKeyOf(message);
    const isNotReport = this.recentMessages.isReport(reportKey) === false;
    const original = isNotReport ? undefined : await this.transport.find(reportKey);
    const { description } = parseReport(content).report;
    // Two edits within a second have the same date.
    const digest = digestOf(description).slice(0, 8);
    const edit = { ...identity, key: `${identity.key}:edit:${message.edit_date}:${digest}` };
    if (original) return this.appendEdit(original, description, edit);
    const send = (report: Report) => this.reportEdit(report, message, received, edit);
    const parsed = await this.interpreter.interpret(message, content);
    if (parsed.kind === 'for_another_bot') return undefined;
    if (parsed.kind === 'report') return send(parsed.report);
    if (parsed.kind !== 'append') return { text: this.translations.editIgnored };
    const append = async () => this.appendEdit(await this.api.get(parsed.id), parsed.text, edit);
    return resultOrReport(append, parsed.otherwise, send);
  }

  private async appendEdit(
    incident: Incident,
    text: string,
    edit: RequestIdentity,
  ): Promise<Reply | undefined> {
    if (await this.isLastTextBy(edit.actor, text, incident)) return undefined;
    try {
      const updated = await this.api.update(incident.id, { description_append: text }, edit);
      return incidentMessage(updated, this.translations, this.translations.editAppended);
    } catch (error) {
      // The edit is redelivered, and was the report.
      if (error instanceof ApiRejection && error.is('idempotency.key-reused')) return undefined;
      throw error;
    }
  }

  /** Whether this is the last text of the actor about the incident, so that there is nothing to append. */
  private async isLastTextBy(actor: string, text: string, { id, description }: Incident): Promise<boolean> {
    if (description === text) return true;
    // Only a text that is in the description already takes a look into the history.
    if (!`\n${description}\n`.includes(`\n${text}\n`)) return false;
    return (await this.api.lastTextBy(actor, id)) === text;
  }

  private async reportEdit(
    report: Report,
    message: Message,
    received: ReceivedMessage,
    edit: RequestIdentity,
  ): Promise<Reply | undefined> {
    const identity = { ...received.identity, key: reportKeyOf(message) };
    if (this.recentMessages.isReport(identity.key) !== false) {
      if (this.transport.notFound !== undefined) return { text: this.transport.notFound };
      const { date, edit_date: editDate = date } = message;
      if (editDate - date > MIN_KEY_RETENTION_S) return { text: this.translations.editIgnored };
    }
    const { incidentId, reply } = await this.reports.send(report, message, identity, edit);
    return incidentId === undefined ? reply : this.fileMessages.attach({ incidentId, reply }, received);
  }
}
