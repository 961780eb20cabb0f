import { createHash } from 'node:crypto';
import type { Message, UserFromGetMe } from 'grammy/types';
import { Changes, keyed } from './changes.js';
import { about, buttonsFor, card, incidentNamedIn, line } from './incident-text.js';
import type { Intake } from './intake.js';
import type { Status } from './moves.js';
import type { Phrases } from './phrases.js';
import { type Meaning, readMessage, readReport, type Report } from './reading.js';
import { refusalText } from './refusal-text.js';
import { Refused } from './register-answers.js';
import type { As } from './register-client.js';
import type { Register } from './register.js';
import type { Replies, Said } from './replies.js';
import { actorOf, senderOf } from './sender.js';

/** What `/list` shows where it is not told. */
const NOT_CLOSED: readonly Status[] = ['NEW', 'IN_PROGRESS', 'RESOLVED'];

/** What people write in the chats, carried out; what becomes of it is said in a reply. */
export class MessageHandler {
  private readonly changes: Changes;

  constructor(
    private readonly register: Register,
    private readonly intake: Intake,
    private readonly replies: Replies,
    private readonly phrases: Phrases,
    private readonly me: Pick<UserFromGetMe, 'id' | 'username'>,
  ) {
    this.changes = new Changes(register, phrases);
  }

  /** @returns what kind of message it was. */
  async handle(message: Message): Promise<string> {
    const text = textOf(message);
    const sender = senderOf(message);
    if (text === undefined || !sender) return 'ignored';
    const meaning = readMessage({ text, repliedTo: this.incidentRepliedTo(message) }, this.me.username);
    if (meaning.kind === 'for-another-bot') return 'ignored';
    const as = { key: keyOf(message), actor: actorOf(sender) };
    try {
      this.replies.reply(message, await this.carryOut(meaning, as));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.replies.reply(message, { text: refusalText(error, numberIn(meaning), this.phrases) });
    }
    return meaning.kind;
  }

  /** The new text of a message that made an incident is added to that; other edits change nothing. */
  async handleEdit(message: Message): Promise<string> {
    const text = textOf(message);
    const sender = senderOf(message);
    if (text === undefined || !sender) return 'ignored';
    const key = keyOf(message);
    const found = await this.intake.find(key);
    if (!found) {
      if (this.intake.notFound) this.replies.reply(message, { text: this.intake.notFound });
      return 'ignored';
    }
    const { description } = readReport(text).report;
    // Telegram tells of edits that change no text, too: a link that gets its preview is one.
    if (found.description === description || found.description.endsWith(`\n${description}`)) return 'ignored';
    // Two edits within a second have the same date.
    const digest = createHash('sha256').update(description).digest('hex').slice(0, 8);
    const as = { key: `${key}:edit:${message.edit_date}:${digest}`, actor: actorOf(sender) };
    try {
      const incident = await this.register.change(found.id, { addition: description }, as);
      this.replies.reply(message, about(incident, this.phrases, this.phrases.editAdded));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.replies.reply(message, { text: refusalText(error, found.id, this.phrases) });
    }
    return 'edit';
  }

  private async carryOut(
    meaning: Exclude<Meaning, { readonly kind: 'for-another-bot' }>,
    as: As,
  ): Promise<Said> {
    switch (meaning.kind) {
      case 'report':
        return this.intake.take(meaning.report, as);
      case 'act':
        return this.orElse(meaning.otherwise, as, async () => {
          const { incident, remark } = await this.changes.act(meaning, as);
          return about(incident, this.phrases, remark);
        });
      case 'append':
        return this.orElse(meaning.otherwise, as, async () => {
          const addition = { addition: meaning.text };
          const incident = await this.register.change(meaning.id, addition, keyed(as, 'append'));
          return about(incident, this.phrases, this.phrases.added);
        });
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
      case 'unknown-command':
        break;
    }
    return { text: this.phrases.unknownCommand(meaning.command) };
  }

  /** Where there is no such incident, the number was that of something else, and the message is a report. */
  private async orElse(otherwise: Report | undefined, as: As, act: () => Promise<Said>): Promise<Said> {
    try {
      return await act();
    } catch (error) {
      if (!otherwise || !(error instanceof Refused) || error.code !== 'incident.not-found') throw error;
      return this.intake.take(otherwise, as);
    }
  }

  private async list(status: Status | undefined): Promise<Said> {
    const { incidents, total } = await this.register.list(status ? [status] : NOT_CLOSED);
    if (incidents.length === 0) return { text: this.phrases.emptyList };
    const lines = incidents.map((incident) => line(incident));
    return { text: [this.phrases.list(status, incidents.length, total), '', ...lines].join('\n') };
  }

  private incidentRepliedTo({ reply_to_message: original }: Message): number | undefined {
    return original?.from?.id === this.me.id ? incidentNamedIn(original.text ?? '') : undefined;
  }
}

/** The text of a message, or the caption of what it brings; undefined where there is neither. */
const textOf = ({ text, caption }: Message): string | undefined => text ?? caption;

/** What the register knows a message by. */
const keyOf = ({ chat, message_id: id }: Message): string => `tg:${chat.id}:${id}`;

const numberIn = (meaning: Meaning): number | undefined => ('id' in meaning ? meaning.id : undefined);
