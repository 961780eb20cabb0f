import { Injectable } from '@nestjs/common';
import type { Message } from 'grammy/types';
import { withSuffix } from '../../core/actions/incident-actions.js';
import { RecentMessages } from '../../core/actions/recent-messages.js';
import type { Report } from '../../core/api/incident.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import type { RequestIdentity } from '../../core/api/incidents-api-client.js';
import { ApiRejection } from '../../core/api/incidents-api-responses.js';
import { incidentMessage } from '../../core/messages/incident-text.js';
import { Translations } from '../../core/translations/translations.js';
import { writtenTextOf } from '../content/message-content.js';
import { filesOf } from '../content/message-files.js';
import { originOf, reportKeyOf } from '../content/message-keys.js';
import type { Reply } from '../replies/replies.js';
import { ApiReportTransport, ReportTransport, type SentReport } from './report-transport.js';

/** What became of a message that is a report, or a part of one. */
interface Reported extends Pick<SentReport, 'incidentId'> {
  /** Undefined where no reply is needed: the message belongs to an album that was reported. */
  readonly reply: Reply | undefined;
}

/** Reports messages. The messages of an album are one report, of which the first is its text; the captions of others are appended. */
@Injectable()
export class MessageReports {
  constructor(
    private readonly api: IncidentsApi,
    private readonly transport: ReportTransport,
    /** For messages with files, which need the incident. */
    private readonly apiTransport: ApiReportTransport,
    private readonly recentMessages: RecentMessages,
    private readonly translations: Translations,
  ) {}

  /** @param identity of the message. @throws ApiRejection @throws ShutdownError */
  async report(report: Report, message: Message, identity: RequestIdentity): Promise<Reported> {
    const key = reportKeyOf(message);
    try {
      return await this.send(report, message, { ...identity, key });
    } catch (error) {
      // Another message of the album was the report.
      const isReused = error instanceof ApiRejection && error.is('idempotency.key-reused');
      const incident = isReused && key !== identity.key ? await this.api.findByKey(key) : undefined;
      if (!incident) throw error;
      this.recentMessages.markReport(key);
      const isWritten = writtenTextOf(message) !== undefined;
      const reply = isWritten ? await this.append(incident.id, report.description, identity) : undefined;
      return { incidentId: incident.id, reply };
    }
  }

  /** Appends a text of a message to an incident. @throws ApiRejection @throws ShutdownError */
  async append(id: number, text: string, identity: RequestIdentity): Promise<Reply> {
    const incident = await this.api.update(id, { description_append: text }, withSuffix(identity, 'append'));
    return incidentMessage(incident, this.translations, this.translations.appended);
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
