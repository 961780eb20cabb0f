import { Injectable } from '@nestjs/common';
import type { Message } from 'grammy/types';
import { RecentMessages } from '../../core/actions/recent-messages.js';
import type { Report } from '../../core/api/incident.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import { ApiRejection } from '../../core/api/incidents-api-responses.js';
import { IntentReplies } from '../../core/intents/intents.js';
import { type ParsedMessage, parseReport } from '../../core/intents/message-parser.js';
import { incidentMessage } from '../../core/messages/incident-text.js';
import { rejectionText, resultOrReport } from '../../core/messages/rejections.js';
import { Translations } from '../../core/translations/translations.js';
import { describe } from '../content/content-kinds.js';
import { writtenTextOf } from '../content/message-content.js';
import type { ReceivedMessage } from '../content/message-interpreter.js';
import { chatScope, reportKeyOf } from '../content/message-keys.js';
import { FileAttacher } from '../files/file-attacher.js';
import type { Reply } from '../replies/replies.js';
import { ServedChats } from '../served-chats.js';
import { MessageReports, type TextResult } from './message-reports.js';

/**
 * Carries out messages with files: first their text, as that of any message, then their files are attached to the incident that the text
 * is about. Both have idempotency keys, so a message that is handled again after a crash has the same effect; an album needs no memory
 * of its other messages, which have the same key for its report, and each a key for its files.
 */
@Injectable()
export class FileMessageHandler {
  constructor(
    private readonly api: IncidentsApi,
    private readonly intents: IntentReplies,
    private readonly reports: MessageReports,
    private readonly files: FileAttacher,
    private readonly recentMessages: RecentMessages,
    private readonly chats: ServedChats,
    private readonly translations: Translations,
  ) {}

  /**
   * Resolves when text and files are committed, or rejected for good.
   * @returns the reply; undefined where none is needed: the message belongs to an album that has one.
   * @throws ApiRejection @throws ShutdownError
   */
  async carryOut(
    parsed: ParsedMessage,
    message: Message,
    received: ReceivedMessage,
  ): Promise<Reply | undefined> {
    if (parsed.kind === 'for_another_bot') return undefined;
    if (parsed.kind === 'too_early') return { text: this.translations.replyTooEarly };
    const album = message.media_group_id === undefined ? undefined : reportKeyOf(message);
    // Lost by a restart between two messages of an album; then the second one is a report, unless it is a reply or the first one is.
    const albumId = album === undefined ? undefined : this.recentMessages.incidentOf(album);
    const isWritten = writtenTextOf(message) !== undefined;
    const named = 'id' in parsed ? parsed.id : albumId;
    if (!isWritten && named !== undefined) {
      return this.attachOnly(named, { album, isFirst: albumId === undefined }, received);
    }
    const result = await this.carryOutText(parsed, message, received, albumId);
    if (album !== undefined) this.recentMessages.markIncident(album, result.incidentId);
    return this.attach(result, received);
  }

  /**
   * Attaches the files of a message to the incident that its text is about.
   * @returns the reply to the text, with what became of the files where that has to be said.
   * @throws ApiRejection if there is no such incident. @throws ShutdownError
   */
  async attach(
    { incidentId, reply, isRejected = false }: TextResult,
    { files, identity }: ReceivedMessage,
  ): Promise<Reply | undefined> {
    const rejected = await this.files.attach(files, incidentId, identity);
    const remark = rejected ?? (isRejected ? this.translations.files.attached : undefined);
    if (remark === undefined) return reply;
    return reply ? withRemark(reply, remark) : this.replyAbout(incidentId, remark);
  }

  /** A file without a text about an incident. Of an album, one is answered for all. */
  private async attachOnly(
    id: number,
    { album, isFirst }: { readonly album: string | undefined; readonly isFirst: boolean },
    { files, identity }: ReceivedMessage,
  ): Promise<Reply | undefined> {
    const rejected = await this.files.attach(files, id, identity);
    if (album !== undefined) this.recentMessages.markIncident(album, id);
    if (rejected === undefined && !isFirst) return undefined;
    return this.replyAbout(id, rejected ?? this.translations.files.attached);
  }

  private async carryOutText(
    parsed: Exclude<ParsedMessage, { readonly kind: 'for_another_bot' }>,
    message: Message,
    { content, identity }: ReceivedMessage,
    albumId: number | undefined,
  ): Promise<TextResult> {
    const report = (each: Report) => this.report(each, message, identity, albumId);
    if (parsed.kind === 'report') return report(parsed.report);
    // A command that is about no incident would lose the file.
    if (!('id' in parsed)) return report(parseReport({ ...content, isVerbatim: true }).report);
    const chat = chatScope(this.chats.currentId(message.chat.id));
    const carryOut = () => this.intents.replyTo(parsed, identity, chat);
    return resultOrReport(() => this.resultFor(parsed.id, carryOut), parsed.otherwise, report);
  }

  /** What a text about an incident has done. A closed incident takes no text, but it takes files. */
  private async resultFor(incidentId: number, carryOut: () => Promise<Reply>): Promise<TextResult> {
    try {
      return { incidentId, reply: await carryOut() };
    } catch (error) {
      if (!(error instanceof ApiRejection) || error.is('incident.not-found')) throw error;
      const text = rejectionText(error, incidentId, this.translations);
      return { incidentId, reply: { text }, isRejected: true };
    }
  }

  private async report(
    report: Report,
    message: Message,
    identity: ReceivedMessage['identity'],
    albumId: number | undefined,
  ): Promise<TextResult> {
    // The album is about an incident that it has not reported: "#42" is in the caption of another message.
    if (albumId !== undefined && this.recentMessages.isReport(reportKeyOf(message)) !== true) {
      return this.reports.append(albumId, report.description, message, identity);
    }
    // A caption may be nothing but a tag, or the name of the bot.
    const isDescribed = writtenTextOf(message) !== undefined && report.description !== '';
    const description = report.description || describe(message, this.translations.content)!;
    const reported = await this.reports.report({ ...report, description }, message, identity);
    const { incidentId, reply } = reported;
    if (incidentId === undefined) throw new Error('a report with files was not sent to the API');
    return {
      incidentId,
      reply: reply && !isDescribed ? withRemark(reply, this.translations.files.describe) : reply,
    };
  }

  private async replyAbout(id: number, remark: string): Promise<Reply> {
    return incidentMessage(await this.api.get(id), this.translations, remark);
  }
}

/** The same reply with a remark. No similar incident is offered, which would replace it; reports without a text are all similar. */
function withRemark({ text, line, buttons }: Reply, remark: string): Reply {
  return {
    text: `${text}\n${remark}`,
    ...(buttons && { buttons }),
    ...(line !== undefined && { line: `${line} — ${remark}` }),
  };
}
