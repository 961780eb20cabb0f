/** The bot was told to stop before it was done with an update: Telegram is to deliver that again. */
export class ShutdownError extends Error {}
