import type { CallbackQuery, Chat, User } from 'grammy/types';
import { keyed } from '../../core/actions/incident-actions.js';
import type { PendingConfirmations } from '../replies/pending-confirmations.js';
import { about, numberAskedFor, pressed } from '../../core/translations/incident-text.js';
import type { Incident } from '../../core/api/incident.js';
import { BUTTONS, TARGET_STATUS } from '../../core/actions/transitions.js';
import type { Translations } from '../../core/translations/translations.js';
import { rejectionText } from '../../core/translations/rejection-text.js';
import { ApiRejection } from '../../core/api/incidents-api-responses.js';
import type { IncidentsApi } from '../../core/api/incidents-api.js';
import type { Replies } from '../replies/replies.js';
import { actorOf, nameOf } from '../content/sender.js';

/** What people press below the bot's messages, carried out; the message then shows what has become of the incident. */
export class ButtonHandler {
  constructor(
    private readonly register: IncidentsApi,
    private readonly replies: Replies,
    private readonly followUps: PendingConfirmations,
    private readonly phrases: Translations,
    /** Whether the chat is not to see who someone is. */
    private readonly isAnonymousIn: (chat: Chat, user: User) => Promise<boolean>,
  ) {}

  /** Whether it takes the register to handle it. */
  needsRegister({ data = '' }: CallbackQuery): boolean {
    return numberAskedFor(data) === undefined;
  }

  /** @returns what kind of update it was. */
  async handle(query: CallbackQuery): Promise<string> {
    const key = numberAskedFor(query.data ?? '');
    if (key !== undefined && query.message) {
      this.followUps.add(key, query.message, query);
      return 'button';
    }
    const press = pressed(query.data ?? '');
    if (!press) {
      this.replies.notice(query);
      return 'ignored';
    }
    const { action, id } = press;
    const presser = await this.presserOf(query);
    const as = { key: `tg:cb:${query.id}`, actor: actorOf(presser) };
    try {
      const status = await this.register.statusThen(id, keyed(as, 'ask'));
      if (BUTTONS[status].includes(action)) {
        const incident = await this.register.change(id, { status: TARGET_STATUS[action] }, keyed(as, action));
        this.show(query, incident, this.phrases.changedBy(nameOf(presser)));
        this.replies.notice(query);
      } else {
        // The message is older than the status: others have moved the incident since.
        this.replies.notice(query, this.phrases.refused.senseless(action, status));
        this.show(query, await this.register.get(id));
      }
    } catch (error) {
      if (!(error instanceof ApiRejection)) throw error;
      this.replies.notice(query, rejectionText(error, id, this.phrases));
    }
    return 'button';
  }

  /** In whose name it is done: who is anonymous in a chat acts as the chat. */
  private async presserOf({ from, message }: CallbackQuery): Promise<User | Chat> {
    return message && (await this.isAnonymousIn(message.chat, from)) ? message.chat : from;
  }

  private show({ message }: CallbackQuery, incident: Incident, remark?: string): void {
    if (!message) return;
    this.replies.edit(message, about(incident, this.phrases, remark));
  }
}
