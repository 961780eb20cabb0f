import { Logger } from '@nestjs/common';
import { Api, GrammyError, HttpError } from 'grammy';
import { retryWithBackoff } from '../../shared/backoff.js';
import { ShutdownError } from '../../shared/shutdown-error.js';
import type { BotConfig } from './bot-config.js';
import type { BotMetrics } from './operations/bot-metrics.js';

const logger = new Logger('Telegram');

/** Telegram's Bot API. */
export class TelegramApi extends Api {
  constructor(config: BotConfig, timeoutSeconds = 10) {
    super(config.TELEGRAM_BOT_TOKEN, { apiRoot: config.TELEGRAM_API_ROOT, timeoutSeconds });
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

export interface TelegramRetryOptions {
  readonly stop: AbortSignal;
  readonly metrics: BotMetrics;
  /** Receives each failure. It throws if another attempt is useless. By default, failures are logged. */
  readonly onFailure?: (failure: TelegramFailure) => void;
}

/** Repeats a request to Telegram until it succeeds. @throws what `onFailure` throws; ShutdownError if the bot is stopped. */
export function retryTelegram<Result>(
  request: () => Promise<Result>,
  { stop, metrics, onFailure = logFailure }: TelegramRetryOptions,
): Promise<Result> {
  return retryWithBackoff(request, {
    stop,
    onFailure: (error) => {
      if (stop.aborted) throw new ShutdownError();
      const failure = telegramFailure(error);
      onFailure(failure);
      metrics.retried('telegram');
      return failure.retryAfterMs;
    },
  });
}

export function logFailure({ reason }: Pick<TelegramFailure, 'reason'>): void {
  logger.warn(`Telegram does not answer (${reason}); retrying`);
}

/** Whether Telegram does not know the bot's token. */
export const isUnknownToken = ({ code }: TelegramFailure): boolean => code === 401 || code === 404;

/** Whether Telegram has refused a request for good, so that it is useless to repeat it. */
export const isFinal = ({ code }: TelegramFailure): boolean =>
  code !== undefined && code !== 429 && code < 500;

/** Whether a message is refused because of the chat: the bot was removed or may not write there, or there is no such chat. */
export const isUnreachable = ({ code, reason }: TelegramFailure): boolean =>
  code === 403 ||
  (code === 400 &&
    /chat not found|peer_id_invalid|(not enough|no) rights|chat_write_forbidden/i.test(reason));
