/** A button below a message; pressing it sends its data. */
export interface Button {
  readonly label: string;
  readonly data: string;
}

/** A message of the bot, whatever the messenger. */
export interface OutgoingMessage {
  readonly text: string;
  /** In one row. */
  readonly buttons?: readonly Button[];
  /** How the message stands among others where several are combined into one; without it, it is sent alone. */
  readonly line?: string;
}
