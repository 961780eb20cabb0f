import type { ContentKind } from '../../telegram/content/content-kinds.js';
import type { Action, Status } from '../actions/transitions.js';
import type { Source } from '../parse/message-parser.js';

/** All that the bot says in a chat: a language without one of them does not compile. */
export interface Translations {
  /** A status as people read it, beside its name in the API. */
  readonly status: Record<Status, string>;
  readonly button: Record<Action, string>;
  readonly source: Record<Source, string>;
  reportedBy(source: string, at: string): string;
  changedBy(name: string): string;
  /** What a message without a text brings. */
  readonly content: Record<ContentKind, string>;
  forwardedFrom(name: string): string;
  /** The register failed on an update, which waits in the quarantine. */
  readonly quarantined: string;
  /** A report is on its way into the register. */
  readonly accepted: string;
  /** The button that asks for its number. */
  readonly number: string;
  readonly noNumberYet: string;
  /** It is not in the register after hours. */
  readonly notTakenIn: string;
  readonly added: string;
  readonly editAdded: string;
  /** A reply to what is on its way into the register. */
  readonly replyTooEarly: string;
  /** A message was edited that may be on its way into the register. */
  readonly editTooEarly: string;
  /** A message was edited that made no incident, into what makes none. */
  readonly editIgnored: string;
  list(status: Status | undefined, shown: number, total: string): string;
  readonly emptyList: string;
  readonly refused: {
    notFound(id: number): string;
    /** An action that makes no sense for an incident in this status. */
    senseless(action: Action, status: Status): string;
    illegal(from: string, to: string): string;
    readonly full: string;
    /** Another refusal, in the API's words. */
    other(reason: string): string;
  };
  readonly noteKept: string;
  readonly help: string;
  readonly misused: Record<'show' | 'update' | 'list', string>;
  unknownCommand(command: string): string;
}
