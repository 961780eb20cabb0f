import { Injectable, Logger } from '@nestjs/common';
import type { CallbackQuery, Chat, User } from 'grammy/types';
import { type ActionResult, IncidentActions } from '../../core/actions/incident-actions.js';
import { IncidentsApi } from '../../core/api/incidents-api.js';
import type { RequestIdentity } from '../../core/api/incidents-api-client.js';
import { ApiRejection } from '../../core/api/incidents-api-responses.js';
import {
  actionIn,
  duplicateIn,
  incidentMessage,
  reportKeyIn,
  stillWorkingIn,
} from '../../core/messages/incident-text.js';
import { rejectionText } from '../../core/messages/rejections.js';
import { Translations } from '../../core/translations/translations.js';
import { actorOf, nameOf } from '../content/sender.js';
import { PendingConfirmations } from '../replies/pending-confirmations.js';
import { Replies } from '../replies/replies.js';
import { SimilarOffers } from '../replies/similar-offers.js';
import { signalFor, TelegramApi, telegramFailure } from '../telegram-api.js';

/** What a button asks to do with an incident. */
interface Press {
  readonly id: number;
  carryOut(identity: RequestIdentity): Promise<ActionResult>;
  /** What the message says of the person who pressed; by default, that they changed the incident. */
  readonly remark?: (name: string) => string;
}

const logger = new Logger('ButtonHandler');

/** Carries out presses of the buttons below the bot's messages; the message then shows the incident as it is. */
@Injectable()
export class ButtonHandler {
  constructor(
    private readonly api: IncidentsApi,
    private readonly actions: IncidentActions,
    private readonly replies: Replies,
    private readonly confirmations: PendingConfirmations,
    private readonly offers: SimilarOffers,
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
    const press = this.pressOf(data);
    if (!press) {
      this.replies.notify(query);
      return 'ignored';
    }
    this.offers.cancel(press.id);
    const sender = await this.senderOf(query);
    try {
      const identity = { key: `tg:cb:${query.id}`, actor: actorOf(sender) };
      const { incident, rejection } = await press.carryOut(identity);
      this.replies.notify(query, rejection);
      const { remark: remarkOf = this.translations.changedBy } = press;
      const remark = rejection === undefined ? remarkOf(nameOf(sender)) : undefined;
      if (message) this.replies.edit(message, incidentMessage(incident, this.translations, remark));
    } catch (error) {
      if (!(error instanceof ApiRejection)) throw error;
      this.replies.notify(query, rejectionText(error, press.id, this.translations));
    }
    return 'button';
  }

  /** What the press of a button asks for; undefined where the button is not the bot's. */
  private pressOf(data: string): Press | undefined {
    const duplicate = duplicateIn(data);
    if (duplicate) {
      const carryOut = async (identity: RequestIdentity) => ({
        incident: await this.actions.markDuplicate(duplicate, identity),
      });
      return { id: duplicate.id, carryOut };
    }
    const workedOn = stillWorkingIn(data);
    // The next reminder comes in any case; the answer only tells the others.
    if (workedOn !== undefined)
      return {
        id: workedOn,
        carryOut: async () => ({ incident: await this.api.get(workedOn) }),
        remark: this.translations.stillWorking.remark,
      };
    const request = actionIn(data);
    return (
      request && {
        id: request.id,
        carryOut: (identity) => this.actions.press(request.id, request.action, identity),
      }
    );
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
