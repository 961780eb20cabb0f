import { Api, GrammyError, HttpError } from 'grammy';
import type { BotConfig } from './bot-config.js';

/** Telegram's Bot API. @param timeoutSeconds how long one request may take. */
export function telegramApi(config: BotConfig, timeoutSeconds: number): Api {
  return new Api(config.TELEGRAM_BOT_TOKEN, { apiRoot: config.TELEGRAM_API_ROOT, timeoutSeconds });
}

/** The library names the type of a polyfill, and takes what the platform has. */
export const signalFor = (signal: AbortSignal) => signal as unknown as Parameters<Api['getMe']>[0];

/** Why Telegram has not done what it was asked for. */
export interface TelegramFailure {
  /** Telegram's own code, which is like HTTP's; undefined where there is no answer of Telegram. */
  readonly code: number | undefined;
  /** Fit for a log: without the token. */
  readonly reason: string;
  /** How long Telegram asks to be left alone, in milliseconds. */
  readonly retryAfter: number;
  /** The id that the chat has got meanwhile. */
  readonly migratedTo: number | undefined;
}

/** What a failed request to Telegram tells. @throws the error itself where it is about something else. */
export function failureIn(error: unknown): TelegramFailure {
  if (error instanceof HttpError) {
    // No more of the cause than its code: its message has the address in it, and the address has the token in it.
    const { code } = error.error as NodeJS.ErrnoException;
    const reason = typeof code === 'string' ? code : error.message;
    return { code: undefined, reason, retryAfter: 0, migratedTo: undefined };
  }
  if (!(error instanceof GrammyError)) throw error;
  const { error_code: code, description, parameters } = error;
  // What answers in Telegram's place may leave out anything.
  return {
    code: typeof code === 'number' ? code : undefined,
    reason: description ?? 'an answer that is not Telegram’s',
    retryAfter: (parameters.retry_after ?? 0) * 1_000,
    migratedTo: parameters.migrate_to_chat_id,
  };
}

/** Whether Telegram's answer means that the token is not that of a bot. */
export const isUnknownBot = ({ code }: TelegramFailure): boolean => code === 401 || code === 404;
