import type { Message, UserFromGetMe } from 'grammy/types';
import { incidentNamedIn, numberAskedFor } from './incident-text.js';
import { type Meaning, readMessage } from './reading.js';
import type { Register } from './register.js';

/** What a message of the chat asks for, where it may also be about a report that has no number yet. */
export type Heard = Meaning | { readonly kind: 'too-early' };

/** What can be done without the register: all but new reports is answered by the bot itself. */
const WITHOUT_REGISTER: ReadonlySet<Meaning['kind']> = new Set([
  'report',
  'help',
  'misused',
  'unknown-command',
  'for-another-bot',
]);

/** No incident has this number. */
const NONE = 0;

/** Understands messages by what they reply to as well. */
export class Hearing {
  constructor(
    private readonly register: Register,
    private readonly me: Pick<UserFromGetMe, 'id' | 'username'>,
  ) {}

  /** Whether it takes the register to carry a message out. */
  needsRegister(message: Message): boolean {
    const text = textOf(message);
    if (text === undefined) return false;
    if (this.reportRepliedTo(message) !== undefined) return true;
    return !WITHOUT_REGISTER.has(this.read(text, this.incidentRepliedTo(message)).kind);
  }

  async meaningOf(message: Message, text: string): Promise<Heard> {
    const report = this.reportRepliedTo(message);
    if (report === undefined) return this.read(text, this.incidentRepliedTo(message));
    // What is said of a report is no report of its own, though nobody knows its number yet.
    const meaning = this.read(text, (await this.register.madeBy(report))?.id ?? NONE);
    return 'id' in meaning && meaning.id === NONE ? { kind: 'too-early' } : meaning;
  }

  private read(text: string, repliedTo: number | undefined): Meaning {
    return readMessage({ text, repliedTo }, this.me.username);
  }

  private incidentRepliedTo({ reply_to_message: original }: Message): number | undefined {
    return original?.from?.id === this.me.id ? incidentNamedIn(original.text ?? '') : undefined;
  }

  /** The key of the report whose "accepted" a message replies to. */
  private reportRepliedTo({ reply_to_message: original }: Message): string | undefined {
    const button = original?.reply_markup?.inline_keyboard[0]?.[0];
    if (original?.from?.id !== this.me.id || !button || !('callback_data' in button)) return undefined;
    return numberAskedFor(button.callback_data);
  }
}

/** The text of a message, or the caption of what it brings; undefined where there is neither. */
export const textOf = ({ text, caption }: Message): string | undefined => text ?? caption;

/** What the register knows a message by. */
export const keyOf = ({ chat, message_id: id }: Message): string => `tg:${chat.id}:${id}`;
