/** The process is stopping before an update is handled: Telegram delivers it again. */
export class ShutdownError extends Error {}
