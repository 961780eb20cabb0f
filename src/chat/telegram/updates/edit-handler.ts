import type { Message } from 'grammy/types';
import type { MessageInterpreter } from '../content/message-interpreter.js';
import { about } from '../../core/translations/incident-text.js';
import type { Incident } from '../../core/api/incident.js';
import type { ReportTransport } from './report-intake.js';
import { writtenTextOf } from '../content/message-content.js';
import { keyOf, reportKeyOf } from '../content/message-keys.js';
import type { Translations } from '../../core/translations/translations.js';
import { type MessageContent, readReport, type Report } from '../../core/parse/message-parser.js';
import { digestOf, type RecentMessages } from '../../core/actions/recent-messages.js';
import { rejectionText } from '../../core/translations/rejection-text.js';
import { ApiRejection } from '../../core/api/incidents-api-responses.js';
import type { RequestIdentity } from '../../core/api/incidents-api-client.js';
import type { IncidentsApi } from '../../core/api/incidents-api.js';
import type { Replies, OutgoingMessage } from '../replies/replies.js';
import { actorOfMessage } from '../content/sender.js';

/** For so long the register remembers at least which message made which incident, in seconds. */
const REMEMBERED = 86_400;

/**
 * What people change in what they wrote, carried out: the new text is added to the incident that the message made or added
 * to. Where it did neither, because it was refused, the new text is a report.
 */
export class EditHandler {
  constructor(
    private readonly register: IncidentsApi,
    private readonly intake: ReportTransport,
    private readonly recollection: RecentMessages,
    private readonly hearing: MessageInterpreter,
    private readonly replies: Replies,
    private readonly phrases: Translations,
  ) {}

  /** @returns what kind of update it was. */
  async handle(message: Message): Promise<string> {
    const actor = actorOfMessage(message);
    const content = this.hearing.contentOf(message);
    // A live location, for one, changes every few seconds: only what people write counts.
    if (!content || actor === undefined || writtenTextOf(message) === undefined) return 'ignored';
    const key = keyOf(message);
    // Telegram tells of edits that change no text, too: a link that gets its preview is one.
    if (this.recollection.isKnown(key, content.text)) return 'ignored';
    const said = await this.unlessRefused(() => this.carryOut(message, content, { key, actor }));
    this.recollection.handled(key, content.text);
    if (!said) return 'ignored';
    this.replies.reply(message, said);
    return 'edit';
  }

  private async carryOut(
    message: Message,
    content: MessageContent,
    as: RequestIdentity,
  ): Promise<OutgoingMessage | undefined> {
    const reportKey = reportKeyOf(message);
    const isUnreported = this.recollection.isUnreported(reportKey);
    const original = isUnreported ? undefined : await this.intake.find(reportKey);
    const { description } = readReport(content).report;
    // Two edits within a second have the same date.
    const digest = digestOf(description).slice(0, 8);
    const edit = { key: `${as.key}:edit:${message.edit_date}:${digest}`, actor: as.actor };
    if (original) return this.add(original, description, edit);
    const report = (made: Report) => this.report(made, message, { ...as, key: reportKey }, edit);
    const meaning = await this.hearing.meaningOf(message, content);
    if (meaning.kind === 'for-another-bot') return undefined;
    if (meaning.kind === 'report') return report(meaning.report);
    if (meaning.kind !== 'append') return { text: this.phrases.editIgnored };
    const incident = await this.find(meaning.id, meaning.otherwise);
    return incident ? this.add(incident, meaning.text, edit) : report(meaning.otherwise!);
  }

  /** The incident of this number; undefined where there is none, and the text can mean something else. */
  private async find(id: number, otherwise: Report | undefined): Promise<Incident | undefined> {
    try {
      return await this.register.get(id);
    } catch (error) {
      if (otherwise && error instanceof ApiRejection && error.code === 'incident.not-found') return undefined;
      throw error;
    }
  }

  private async add(
    incident: Incident,
    text: string,
    edit: RequestIdentity,
  ): Promise<OutgoingMessage | undefined> {
    if (await this.isLastSaid(text, incident, edit.actor)) return undefined;
    try {
      const changed = await this.register.change(incident.id, { addition: text }, edit);
      return about(changed, this.phrases, this.phrases.editAdded);
    } catch (error) {
      // It has come before, and made the report.
      if (error instanceof ApiRejection && error.code === 'idempotency.key-reused') return undefined;
      throw error;
    }
  }

  /** Whether this is what someone has said last of the incident, so that there is nothing to add. */
  private async isLastSaid(text: string, { id, description }: Incident, actor: string): Promise<boolean> {
    if (description === text) return true;
    // Only where it stands there already does it take the history to tell.
    if (!`\n${description}\n`.includes(`\n${text}\n`)) return false;
    return (await this.register.lastSaid(id, actor)) === text;
  }

  private async report(
    report: Report,
    message: Message,
    as: RequestIdentity,
    edit: RequestIdentity,
  ): Promise<OutgoingMessage> {
    if (!this.recollection.isUnreported(as.key)) {
      if (this.intake.notFound !== undefined) return { text: this.intake.notFound };
      const { date, edit_date: editDate = date } = message;
      if (editDate - date > REMEMBERED) return { text: this.phrases.editIgnored };
    }
    const said = await this.intake.take(report, as, edit);
    this.recollection.reported(as.key);
    return said;
  }

  private async unlessRefused(
    carryOut: () => Promise<OutgoingMessage | undefined>,
  ): Promise<OutgoingMessage | undefined> {
    try {
      return await carryOut();
    } catch (error) {
      if (!(error instanceof ApiRejection)) throw error;
      return { text: rejectionText(error, undefined, this.phrases) };
    }
  }
}
