import { Injectable, Logger } from '@nestjs/common';
import type { CallbackQuery, Chat, User } from 'grammy/types';
import { IncidentActions } from '../../core/actions/incident-actions.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import { ApiRejection } from '../../core/api/incidents-api-responses.js';
import { actionIn, incidentMessage, reportKeyIn, stillWorkingIn } from '../../core/messages/incident-text.js';
import { rejectionText, resultOrRejection } from '../../core/messages/rejections.js';
import { Translations } from '../../core/translations/translations.js';
import { actorOf, nameOf } from '../content/sender.js';
import { PendingConfirmations } from '../replies/pending-confirmations.js';
import { Replies } from '../replies/replies.js';
import { signalFor, TelegramApi, telegramFailure } from '../telegram-api.js';

const logger = new Logger('ButtonHandler');

/** Carries out presses of the buttons below the bot's messages; the message then shows the incident as it is. */
@Injectable()
export class ButtonHandler {
  constructor(
    private readonly api: IncidentsApi,
    private readonly actions: IncidentActions,
    private readonly replies: Replies,
    private readonly confirmations: PendingConfirmations,
    private readonly translations: Translations,
    private readonly telegram: TelegramApi,
    private readonly stop: AbortSignal,
  ) {}

  needsApi({ data = '' }: CallbackQuery): boolean {
    return reportKeyIn(data) === undefined;
  }

  /** @returns the kind of the update, for the metric. */
  async handle(query: CallbackQuery): Promise<string> {
    const { data = '', message } = query;
    const reportKey = reportKeyIn(data);
    if (reportKey !== undefined && message) {
      this.confirmations.add(reportKey, this.replies.messageAt(message), query);
      return 'button';
    }
    const workedOn = stillWorkingIn(data);
    if (workedOn !== undefined) return this.confirmWork(workedOn, query);
    const request = actionIn(data);
    if (!request) {
      this.replies.notify(query);
      return 'ignored';
    }
    const { action, id } = request;
    const sender = await this.senderOf(query);
    try {
      const identity = { key: `tg:cb:${query.id}`, actor: actorOf(sender) };
      const { incident, rejection } = await this.actions.press(id, action, identity);
      this.replies.notify(query, rejection);
      const remark = rejection === undefined ? this.translations.changedBy(nameOf(sender)) : undefined;
      if (message) this.replies.edit(message, incidentMessage(incident, this.translations, remark));
    } catch (error) {
      if (!(error instanceof ApiRejection)) throw error;
      this.replies.notify(query, rejectionText(error, id, this.translations));
    }
    return 'button';
  }

  /** The next reminder comes in any case; the answer only tells the others. */
  private async confirmWork(id: number, query: CallbackQuery): Promise<string> {
    const remark = this.translations.stillWorking.remark(nameOf(await this.senderOf(query)));
    const work = async () => incidentMessage(await this.api.get(id), this.translations, remark);
    const message = await resultOrRejection(work, id, this.translations);
    this.replies.notify(query);
    if (query.message) this.replies.edit(query.message, message);
    return 'button';
  }

  /** The user, or the chat where the user is anonymous in it. */
  private async senderOf({ from, message }: CallbackQuery): Promise<User | Chat> {
    return message && (await this.isAnonymousIn(message.chat, from)) ? message.chat : from;
  }

  /**
   * In channels all are anonymous, in groups those administrators who chose it. Where Telegram does not answer, the user counts as
   * anonymous. It answers a bot that is an administrator for certain, see https://core.telegram.org/bots/api#getchatmember.
   */
  private async isAnonymousIn({ id, type }: Chat, user: User): Promise<boolean> {
    if (type === 'private') return false;
    if (type === 'channel') return true;
    try {
      const member = await this.telegram.getChatMember(id, user.id, signalFor(this.stop));
      return 'is_anonymous' in member && member.is_anonymous;
    } catch (error) {
      const { reason } = telegramFailure(error);
      logger.warn(`a button press is shown without a name: cannot find out who is anonymous (${reason})`);
      return true;
    }
  }
}
