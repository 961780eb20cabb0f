/** Why a process cannot start, in one sentence for the person who starts it. It is printed without a stack. */
export class StartupError extends Error {}
