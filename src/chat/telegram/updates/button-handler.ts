import { Injectable } from '@nestjs/common';
import type { CallbackQuery, Chat, User } from 'grammy/types';
import { IncidentActions } from '../../core/actions/incident-actions.js';
import { ApiRejection } from '../../core/api/incidents-api-responses.js';
import { actionIn, incidentMessage, reportKeyIn } from '../../core/messages/incident-text.js';
import { rejectionText } from '../../core/messages/rejection-text.js';
import { Translations } from '../../core/translations/translations.js';
import { isAnonymousIn } from '../content/anonymity.js';
import { actorOf, nameOf } from '../content/sender.js';
import { PendingConfirmations } from '../replies/pending-confirmations.js';
import { Replies } from '../replies/replies.js';
import { TelegramApi } from '../telegram-api.js';

/** Carries out presses of the buttons below the bot's messages; the message then shows the incident as it is. */
@Injectable()
export class ButtonHandler {
  constructor(
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
      this.confirmations.add(reportKey, message, query);
      return 'button';
    }
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

  /** The user, or the chat where the user is anonymous in it. */
  private async senderOf({ from, message }: CallbackQuery): Promise<User | Chat> {
    if (!message) return from;
    const isAnonymous = await isAnonymousIn(message.chat, from, this.telegram, this.stop);
    return isAnonymous ? message.chat : from;
  }
}
