import type { OutgoingMessage } from '../messages/outgoing-message.js';

/** A chat that is notified of what happens to its incidents. */
export interface ServedChat {
  /** The id by which it is served, as origins have it, such as `tg:-100123`. It never changes. */
  readonly id: string;
  /** The ids that it has or had, the present one last: its policy has that one, and its incidents keep the one of their time. */
  readonly ids: readonly string[];
}

/** The id that the policy of a chat has. */
export const policyScopeOf = ({ id, ids }: ServedChat): string => ids.at(-1) ?? id;

/** Sends messages to the chats of a messenger. */
export abstract class Messenger {
  /** The chats, as they are now. */
  abstract chats(): readonly ServedChat[];

  /**
   * Resolves when the messenger has the message, however long that takes.
   * @param origin the message to reply to, if it still exists.
   * @returns false if the messenger refuses it for good.
   * @throws ShutdownError if the bot is stopped before that.
   */
  abstract post(chat: string, message: OutgoingMessage, origin?: string): Promise<boolean>;
}
