import { Injectable } from '@nestjs/common';
import type { Message } from 'grammy/types';
import { digestOf, RecentMessages } from '../../core/actions/recent-messages.js';
import type { Incident, Report } from '../../core/api/incident.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import type { RequestIdentity } from '../../core/api/incidents-api-client.js';
import { ApiRejection } from '../../core/api/incidents-api-responses.js';
import { incidentMessage } from '../../core/messages/incident-text.js';
import { rejectionText } from '../../core/messages/rejection-text.js';
import { type MessageContent, parseReport } from '../../core/parse/message-parser.js';
import { Translations } from '../../core/translations/translations.js';
import { writtenTextOf } from '../content/message-content.js';
import { MessageInterpreter } from '../content/message-interpreter.js';
import { keyOf, reportKeyOf } from '../content/message-keys.js';
import { actorOfMessage } from '../content/sender.js';
import { Replies, type Reply } from '../replies/replies.js';
import { ReportTransport } from './report-transport.js';

/** The API keeps idempotency keys at least so long. */
const MIN_KEY_RETENTION_S = 86_400;

/**
 * Carries out edits of messages: the new text is appended to the incident that the message has reported or was appended to. Where
 * it has done neither, because it was rejected, the new text is a report.
 */
@Injectable()
export class EditHandler {
  constructor(
    private readonly api: IncidentsApi,
    private readonly transport: ReportTransport,
    private readonly recentMessages: RecentMessages,
    private readonly interpreter: MessageInterpreter,
    private readonly replies: Replies,
    private readonly translations: Translations,
  ) {}

  /** @returns the kind of the update, for the metric. */
  async handle(message: Message): Promise<string> {
    const actor = actorOfMessage(message);
    const content = this.interpreter.contentOf(message);
    // Only written text counts: a live location, for one, changes every few seconds.
    if (!content || actor === undefined || writtenTextOf(message) === undefined) return 'ignored';
    const key = keyOf(message);
    // Telegram delivers edits that change no text, too: a link that gets its preview is one.
    if (this.recentMessages.wasHandled(key, content.text)) return 'ignored';
    const reply = await this.rejectionAsReply(() => this.carryOut(message, content, { key, actor }));
    this.recentMessages.markHandled(key, content.text);
    if (!reply) return 'ignored';
    this.replies.reply(message, reply);
    return 'edit';
  }

  private async carryOut(
    message: Message,
    content: MessageContent,
    identity: RequestIdentity,
  ): Promise<Reply | undefined> {
    const reportKey = reportKeyOf(message);
    const isNotReport = this.recentMessages.isNotReport(reportKey);
    const original = isNotReport ? undefined : await this.transport.find(reportKey);
    const { description } = parseReport(content).report;
    // Two edits within a second have the same date.
    const digest = digestOf(description).slice(0, 8);
    const edit = { key: `${identity.key}:edit:${message.edit_date}:${digest}`, actor: identity.actor };
    if (original) return this.append(original, description, edit);
    const send = (report: Report) => this.report(report, message, { ...identity, key: reportKey }, edit);
    const meaning = await this.interpreter.interpret(message, content);
    if (meaning.kind === 'for_another_bot') return undefined;
    if (meaning.kind === 'report') return send(meaning.report);
    if (meaning.kind !== 'append') return { text: this.translations.editIgnored };
    const incident = await this.find(meaning.id, meaning.otherwise);
    return incident ? this.append(incident, meaning.text, edit) : send(meaning.otherwise!);
  }

  /** The incident of this number; undefined where there is none, and the text has another meaning. */
  private async find(id: number, otherwise: Report | undefined): Promise<Incident | undefined> {
    try {
      return await this.api.get(id);
    } catch (error) {
      if (otherwise && error instanceof ApiRejection && error.is('incident.not-found')) return undefined;
      throw error;
    }
  }

  private async append(incident: Incident, text: string, edit: RequestIdentity): Promise<Reply | undefined> {
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

  private async report(
    report: Report,
    message: Message,
    identity: RequestIdentity,
    edit: RequestIdentity,
  ): Promise<Reply> {
    if (!this.recentMessages.isNotReport(identity.key)) {
      if (this.transport.notFound !== undefined) return { text: this.transport.notFound };
      const { date, edit_date: editDate = date } = message;
      if (editDate - date > MIN_KEY_RETENTION_S) return { text: this.translations.editIgnored };
    }
    const reply = await this.transport.send(report, identity, edit);
    this.recentMessages.markReport(identity.key);
    return reply;
  }

  private async rejectionAsReply(carryOut: () => Promise<Reply | undefined>): Promise<Reply | undefined> {
    try {
      return await carryOut();
    } catch (error) {
      if (!(error instanceof ApiRejection)) throw error;
      return { text: rejectionText(error, undefined, this.translations) };
    }
  }
}
