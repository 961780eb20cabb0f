import type { OutgoingMessage } from '../messages/outgoing-message.js';

/** A chat that is told what happens to its incidents. */
export interface ServedChat {
  /** Its id as policies and origins have it, such as `tg:-100123`. */
  readonly id: string;
  /** All ids that it has or had; its incidents keep the one of their time. */
  readonly ids: readonly string[];
}

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
