import type { Action } from '../actions/actions.js';
import type { Source, Status } from '../api/incident.js';

/** What a message can have besides a text. */
export type ContentKind =
  | 'venue'
  | 'location'
  | 'contact'
  | 'poll'
  | 'checklist'
  | 'dice'
  | 'sticker'
  | 'voice'
  | 'video_note'
  | 'audio'
  | 'animation'
  | 'document'
  | 'video'
  | 'live_photo'
  | 'paid_media'
  | 'photo'
  | 'story'
  | 'game'
  | 'invoice'
  | 'rich_message';

/** All texts of the bot: a language that lacks one does not compile. */
export abstract class Translations {
  /** A status as people read it, beside its name in the API. */
  abstract readonly status: Record<Status, string>;
  abstract readonly button: Record<Action, string>;
  abstract readonly source: Record<Source, string>;
  abstract reportedBy(source: string, at: string): string;
  abstract changedBy(name: string): string;
  /** The description of a message without a text. */
  abstract readonly content: Record<ContentKind, string>;
  abstract forwardedFrom(name: string): string;
  /** The API failed on an update, which is quarantined. */
  abstract readonly quarantined: string;
  /** A report is published to Kafka, and has no number yet. */
  abstract readonly accepted: string;
  /** The button that asks for its number. */
  abstract readonly number: string;
  abstract readonly noNumberYet: string;
  /** There is still no number after hours. */
  abstract readonly numberOverdue: string;
  abstract readonly appended: string;
  abstract readonly editAppended: string;
  /** A reply to a report that has no number yet. */
  abstract readonly replyTooEarly: string;
  /** An edit of a message that may be a report without a number. */
  abstract readonly editTooEarly: string;
  /** An edit of a message that was no report, into a text that is none. */
  abstract readonly editIgnored: string;
  abstract list(status: Status | undefined, shown: number, total: string): string;
  abstract readonly emptyList: string;
  abstract readonly rejected: {
    notFound(id: number): string;
    /** An action that is illegal for an incident of this status. */
    illegalAction(action: Action, status: Status): string;
    readonly descriptionTooLong: string;
    /** Any other rejection, with the API's reason. */
    other(reason: string): string;
  };
  abstract readonly noteAppended: string;
  abstract readonly help: string;
  abstract readonly usageError: Record<'show' | 'update' | 'list', string>;
  abstract unknownCommand(command: string): string;
}
