import { Api, GrammyError, HttpError } from 'grammy';
import type { BotConfig } from './bot-config.js';

const optionsOf = (config: BotConfig, timeoutSeconds: number) =>
  [config.TELEGRAM_BOT_TOKEN, { apiRoot: config.TELEGRAM_API_ROOT, timeoutSeconds }] as const;

/** Telegram's Bot API. */
export class TelegramApi extends Api {
  constructor(config: BotConfig, timeoutSeconds = 10) {
    super(...optionsOf(config, timeoutSeconds));
  }
}

/** The same for long polls, whose responses Telegram holds back. */
export class PollingApi extends TelegramApi {
  constructor(config: BotConfig) {
    super(config, 40);
  }
}

/** The library names the type of a polyfill, and takes the platform's. */
export const signalFor = (signal: AbortSignal) => signal as unknown as Parameters<Api['getMe']>[0];

/** Why a request to Telegram has failed. */
export interface TelegramFailure {
  /** Telegram's own code, which is like HTTP's; undefined where Telegram has not answered. */
  readonly code: number | undefined;
  /** Fit for a log: without the token. */
  readonly reason: string;
  /** The pause that Telegram asks for. */
  readonly retryAfterMs: number;
  /** The new id of the chat. */
  readonly migratedTo: number | undefined;
}

/** Why a request to Telegram has failed. @throws the error itself where it has another cause. */
export function telegramFailure(error: unknown): TelegramFailure {
  if (error instanceof HttpError) {
    // Only the code of the cause: its message has the address in it, and the address has the token in it.
    const { code } = error.error as NodeJS.ErrnoException;
    const reason = typeof code === 'string' ? code : error.message;
    return { code: undefined, reason, retryAfterMs: 0, migratedTo: undefined };
  }
  if (!(error instanceof GrammyError)) throw error;
  const { error_code: code, description, parameters } = error;
  // Whatever answers in Telegram's place may leave out anything.
  return {
    code: typeof code === 'number' ? code : undefined,
    reason: description ?? 'an answer that is not Telegram’s',
    retryAfterMs: (parameters.retry_after ?? 0) * 1_000,
    migratedTo: parameters.migrate_to_chat_id,
  };
}

/** Whether Telegram does not know the bot's token. */
export const isUnknownToken = ({ code }: TelegramFailure): boolean => code === 401 || code === 404;
