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
}
