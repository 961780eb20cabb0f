import type { Message } from 'grammy/types';
import { Changes, keyed } from './changes.js';
import { type Hearing, type Heard, keyOf, textOf } from './hearing.js';
import { about, buttonsFor, card, line } from './incident-text.js';
import type { Intake } from './intake.js';
import type { Status } from './moves.js';
import type { Phrases } from './phrases.js';
import type { Report } from './reading.js';
import type { Recollection } from './recollection.js';
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
    private readonly recollection: Recollection,
    private readonly hearing: Hearing,
    private readonly replies: Replies,
    private readonly phrases: Phrases,
  ) {
    this.changes = new Changes(register, phrases);
  }

  /** @returns what kind of message it was. */
  async handle(message: Message): Promise<string> {
    const sender = senderOf(message);
    if (!sender) return 'ignored';
    const as = { key: keyOf(message), actor: actorOf(sender) };
    this.recollection.unreported(as.key);
    const kind = await this.handleText(message, textOf(message), as);
    this.recollection.handled(as.key, textOf(message));
    return kind;
  }

  private async handleText(message: Message, text: string | undefined, as: As): Promise<string> {
    if (text === undefined) return 'ignored';
    const meaning = await this.hearing.meaningOf(message, text);
    if (meaning.kind === 'for-another-bot') return 'ignored';
    try {
      this.replies.reply(message, await this.carryOut(meaning, as));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.replies.reply(message, { text: refusalText(error, numberIn(meaning), this.phrases) });
    }
    return meaning.kind;
  }

  private async carryOut(
    meaning: Exclude<Heard, { readonly kind: 'for-another-bot' }>,
    as: As,
  ): Promise<Said> {
    switch (meaning.kind) {
      case 'report':
        return this.report(meaning.report, as);
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
      case 'too-early':
        return { text: this.phrases.replyTooEarly };
      case 'unknown-command':
        break;
    }
    return { text: this.phrases.unknownCommand(meaning.command) };
  }

  private async report(report: Report, as: As): Promise<Said> {
    const said = await this.intake.take(report, as);
    this.recollection.reported(as.key);
    return said;
  }

  /** Where there is no such incident, the number was that of something else, and the message is a report. */
  private async orElse(otherwise: Report | undefined, as: As, act: () => Promise<Said>): Promise<Said> {
    try {
      return await act();
    } catch (error) {
      if (!otherwise || !(error instanceof Refused) || error.code !== 'incident.not-found') throw error;
      return this.report(otherwise, as);
    }
  }

  private async list(status: Status | undefined): Promise<Said> {
    const { incidents, total } = await this.register.list(status ? [status] : NOT_CLOSED);
    if (incidents.length === 0) return { text: this.phrases.emptyList };
    const lines = incidents.map((incident) => line(incident));
    return { text: [this.phrases.list(status, incidents.length, total), '', ...lines].join('\n') };
  }
}

const numberIn = (meaning: Heard): number | undefined => ('id' in meaning ? meaning.id : undefined);
