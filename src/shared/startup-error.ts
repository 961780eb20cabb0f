/** Why the service cannot start, in one sentence for the person who starts it; no stack helps them. */
export class StartupError extends Error {}
