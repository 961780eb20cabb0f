import { Injectable } from '@nestjs/common';
import type { Message } from 'grammy/types';
import { RecentMessages } from '../../core/actions/recent-messages.js';
import type { Report } from '../../core/api/incident.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import type { RequestIdentity } from '../../core/api/incidents-api-client.js';
import { ApiRejection } from '../../core/api/incidents-api-responses.js';
import { IntentReplies } from '../../core/intents/intents.js';
import { resultOrRejection } from '../../core/messages/rejections.js';
import { Translations } from '../../core/translations/translations.js';
import { writtenTextOf } from '../content/message-content.js';
import { filesOf } from '../content/message-files.js';
import { chatScope, originOf, reportKeyOf } from '../content/message-keys.js';
import type { Reply } from '../replies/replies.js';
import { ServedChats } from '../served-chats.js';
import { ApiReportTransport, ReportTransport, type SentReport } from './report-transport.js';

/** What the text of a message has done. */
export interface TextResult {
  /** The incident that the message is about. */
  readonly incidentId: number;
  /** Undefined where none is needed: the message belongs to an album that was reported. */
  readonly reply: Reply | undefined;
  /** Whether the text is rejected, though there is such an incident. */
  readonly isRejected?: boolean;
}

/** Reports messages. The messages of an album are one report, of which the first is its text; the captions of others are appended. */
@Injectable()
export class MessageReports {
  constructor(
    private readonly api: IncidentsApi,
    private readonly intents: IntentReplies,
    private readonly transport: ReportTransport,
    /** For messages with files, which need the incident. */
    private readonly apiTransport: ApiReportTransport,
    private readonly recentMessages: RecentMessages,
    private readonly chats: ServedChats,
    private readonly translations: Translations,
  ) {}

  /** @param identity of the message. @throws ApiRejection @throws ShutdownError */
  async report(
    report: Report,
    message: Message,
    identity: RequestIdentity,
  ): Promise<TextResult | SentReport> {
    const key = reportKeyOf(message);
    try {
      return await this.send(report, message, { ...identity, key });
    } catch (error) {
      // Another message of the album was the report.
      const isReused = error instanceof ApiRejection && error.is('idempotency.key-reused');
      const incident = isReused && key !== identity.key ? await this.api.findByKey(key) : undefined;
      if (!incident) throw error;
      this.recentMessages.markReport(key);
      if (writtenTextOf(message) === undefined) return { incidentId: incident.id, reply: undefined };
      return this.append(incident.id, report.description, message, identity);
    }
  }

  /** Appends the text of a message to an incident. If that is rejected, the reply says so. @throws ShutdownError */
  async append(id: number, text: string, message: Message, identity: RequestIdentity): Promise<TextResult> {
    const chat = chatScope(this.chats.currentId(message.chat.id));
    const append = () => this.intents.replyTo({ kind: 'append', id, text }, identity, chat);
    return { incidentId: id, reply: await resultOrRejection(append, id, this.translations) };
  }

  /**
   * Sends a report, and marks its message as one.
   * @param identity of the report. @param edit of the edit that the report comes from, if any.
   * @throws ApiRejection @throws ShutdownError
   */
  async send(
    report: Report,
    message: Message,
    identity: RequestIdentity,
    edit?: RequestIdentity,
  ): Promise<SentReport> {
    const transport = filesOf(message).length > 0 ? this.apiTransport : this.transport;
    const sent = await transport.send({ ...report, origin: originOf(message) }, identity, edit);
    this.recentMessages.markReport(identity.key);
    return sent;
  }
}
