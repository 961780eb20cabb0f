import type { Message } from 'grammy/types';
import { IncidentActions, keyed } from '../../core/actions/incident-actions.js';
import type { MessageInterpreter, InterpretedMessage } from '../content/message-interpreter.js';
import { about, buttonsFor, card, line } from '../../core/translations/incident-text.js';
import type { ReportTransport } from './report-intake.js';
import { writtenTextOf } from '../content/message-content.js';
import { keyOf, reportKeyOf } from '../content/message-keys.js';
import type { Status } from '../../core/actions/transitions.js';
import type { Translations } from '../../core/translations/translations.js';
import type { MessageContent, Report } from '../../core/parse/message-parser.js';
import type { RecentMessages } from '../../core/actions/recent-messages.js';
import { rejectionText } from '../../core/translations/rejection-text.js';
import { ApiRejection } from '../../core/api/incidents-api-responses.js';
import type { RequestIdentity } from '../../core/api/incidents-api-client.js';
import type { IncidentsApi } from '../../core/api/incidents-api.js';
import type { Replies, OutgoingMessage } from '../replies/replies.js';
import { actorOfMessage } from '../content/sender.js';

/** What `/list` shows where it is not told. */
const NOT_CLOSED: readonly Status[] = ['NEW', 'IN_PROGRESS', 'RESOLVED'];

/** What people write in the chats, carried out; what becomes of it is said in a reply. */
export class MessageHandler {
  private readonly changes: IncidentActions;

  constructor(
    private readonly register: IncidentsApi,
    private readonly intake: ReportTransport,
    private readonly recollection: RecentMessages,
    private readonly hearing: MessageInterpreter,
    private readonly replies: Replies,
    private readonly phrases: Translations,
  ) {
    this.changes = new IncidentActions(register, phrases);
  }

  /** @returns what kind of message it was. */
  async handle(message: Message): Promise<string> {
    const actor = actorOfMessage(message);
    const content = this.hearing.contentOf(message);
    if (actor === undefined || !content) return 'ignored';
    const as = { key: keyOf(message), actor };
    this.recollection.unreported(reportKeyOf(message));
    const kind = await this.handleContent(message, content, as);
    this.recollection.handled(as.key, content.text);
    return kind;
  }

  private async handleContent(
    message: Message,
    content: MessageContent,
    as: RequestIdentity,
  ): Promise<string> {
    const meaning = await this.hearing.meaningOf(message, content);
    if (meaning.kind === 'for-another-bot') return 'ignored';
    try {
      const said = await this.carryOut(meaning, message, as);
      if (!said) return 'ignored';
      this.replies.reply(message, said);
    } catch (error) {
      if (!(error instanceof ApiRejection)) throw error;
      this.replies.reply(message, { text: rejectionText(error, numberIn(meaning), this.phrases) });
    }
    return meaning.kind;
  }

  private async carryOut(
    meaning: Exclude<InterpretedMessage, { readonly kind: 'for-another-bot' }>,
    message: Message,
    as: RequestIdentity,
  ): Promise<OutgoingMessage | undefined> {
    const report = (made: Report) => this.report(made, message, as);
    switch (meaning.kind) {
      case 'report':
        return report(meaning.report);
      case 'act':
        return orElse(meaning.otherwise, report, async () => {
          const { incident, remark } = await this.changes.act(meaning, as);
          return about(incident, this.phrases, remark);
        });
      case 'append':
        return orElse(meaning.otherwise, report, () => this.append(meaning.id, meaning.text, as));
      case 'show': {
        const incident = await this.register.get(meaning.id);
        return { text: card(incident, this.phrases), buttons: buttonsFor(incident, this.phrases) };
      }
      case 'list':
        return this.list(meaning.status);
      case 'help':
        return { text: this.phrases.help };
      case 'misused':
        return { text: this.phrases.misused[meaning.command] };
      case 'too-early':
        return { text: this.phrases.replyTooEarly };
      case 'unknown-command':
        break;
    }
    return { text: this.phrases.unknownCommand(meaning.command) };
  }

  /** @returns undefined where there is nothing to say: the message is a part of an album that was reported. */
  private async report(
    report: Report,
    message: Message,
    as: RequestIdentity,
  ): Promise<OutgoingMessage | undefined> {
    const key = reportKeyOf(message);
    const isWritten = writtenTextOf(message) !== undefined;
    if (key !== as.key && !isWritten && this.recollection.isReported(key)) return undefined;
    try {
      const said = await this.intake.take(report, { ...as, key });
      this.recollection.reported(key);
      return said;
    } catch (error) {
      // Another message of the album has made the report.
      const isTaken = error instanceof ApiRejection && error.code === 'idempotency.key-reused';
      const incident = isTaken && key !== as.key ? await this.register.findByKey(key) : undefined;
      if (!incident) throw error;
      this.recollection.reported(key);
      return isWritten ? this.append(incident.id, report.description, as) : undefined;
    }
  }

  private async append(id: number, addition: string, as: RequestIdentity): Promise<OutgoingMessage> {
    const incident = await this.register.change(id, { addition }, keyed(as, 'append'));
    return about(incident, this.phrases, this.phrases.added);
  }

  private async list(status: Status | undefined): Promise<OutgoingMessage> {
    const { incidents, total } = await this.register.list(status ? [status] : NOT_CLOSED);
    if (incidents.length === 0) return { text: this.phrases.emptyList };
    const lines = incidents.map((incident) => line(incident));
    return { text: [this.phrases.list(status, incidents.length, total), '', ...lines].join('\n') };
  }
}

/** Where there is no such incident, the number was that of something else, and the message is a report. */
async function orElse<Result>(
  otherwise: Report | undefined,
  report: (report: Report) => Promise<Result>,
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (!otherwise || !(error instanceof ApiRejection) || error.code !== 'incident.not-found') throw error;
    return report(otherwise);
  }
}

const numberIn = (meaning: InterpretedMessage): number | undefined =>
  'id' in meaning ? meaning.id : undefined;
