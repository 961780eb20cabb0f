import type { ReadableStream, ReadableStreamDefaultReader } from 'node:stream/web';
import { Injectable } from '@nestjs/common';
import { retryWithBackoff } from '../../../shared/backoff.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';
import { TimeoutError, withTimeout } from '../../../shared/time/timeout.js';
import { FileInterrupted, type OpenFile } from '../../core/api/file-form.js';
import { networkFailure } from '../../core/api/network-failure.js';
import { BotConfig } from '../bot-config.js';
import type { MessageFile } from '../content/message-files.js';
import { BotMetrics } from '../operations/bot-metrics.js';
import { logFailure, signalFor, TelegramApi, telegramFailure } from '../telegram-api.js';

/** Telegram gives bots files up to this size: https://core.telegram.org/bots/api#getfile. The API accepts the same. */
const MAX_FILE_BYTES = 20 * 1024 * 1024;

/** How long Telegram may take to begin, and to continue. */
const STALL_TIMEOUT_MS = 30_000;

/** How often a file is requested that Telegram refuses: it says of some that they are "temporarily unavailable". */
const MAX_REFUSALS = 5;

const TELEGRAM_URL = 'https://api.telegram.org';

/** Telegram does not give a file to this bot, and never will. */
export class FileUnavailable extends Error {
  constructor(
    readonly reason: 'too_large' | 'unavailable',
    detail: string,
  ) {
    super(detail);
  }
}

/** A request for the bytes of a file has failed. */
class DownloadFailure extends Error {
  /** @param status of HTTP; undefined where there was no answer. */
  constructor(
    readonly status: number | undefined,
    reason: string,
  ) {
    super(reason);
  }
}

/** How Telegram has failed to give a file. */
interface Failure {
  readonly reason: string;
  readonly retryAfterMs: number;
  /** Whether Telegram has refused this file, and not every request. */
  readonly isRefusal: boolean;
}

/** The bytes of files that are with Telegram. */
@Injectable()
export class TelegramFiles {
  constructor(
    private readonly api: TelegramApi,
    private readonly config: BotConfig,
    private readonly metrics: BotMetrics,
    private readonly stop: AbortSignal,
  ) {}

  /**
   * Opens a file, however long that takes: resolves when Telegram has begun to send it.
   * @throws FileUnavailable if Telegram refuses it. @throws ShutdownError
   */
  async open(file: MessageFile): Promise<OpenFile> {
    if ((file.size ?? 0) > MAX_FILE_BYTES) throw new FileUnavailable('too_large', `${file.size} bytes`);
    let refusals = 0;
    const onFailure = (error: unknown) => {
      if (this.stop.aborted) throw new ShutdownError();
      const { reason, retryAfterMs, isRefusal } = failureOf(error);
      if (isRefusal && /too big/i.test(reason)) throw new FileUnavailable('too_large', reason);
      if (isRefusal && ++refusals === MAX_REFUSALS) throw new FileUnavailable('unavailable', reason);
      this.recordRetry(reason);
      return retryAfterMs;
    };
    return retryWithBackoff(() => this.openOnce(file), { stop: this.stop, onFailure });
  }

  private async openOnce({ id, name }: MessageFile): Promise<OpenFile> {
    // Its path is valid for an hour: each attempt asks for it.
    const { file_path: path = '' } = await this.api.getFile(id, signalFor(this.stop));
    const closed = new AbortController();
    const close = () => closed.abort();
    try {
      const signal = AbortSignal.any([this.stop, closed.signal]);
      const request = fetch(this.urlOf(path), { signal, redirect: 'manual' });
      const { status, body } = await withTimeout(request, STALL_TIMEOUT_MS);
      if (status !== 200 || !body) throw new DownloadFailure(status, `${status} for the bytes of a file`);
      return { name, bytes: this.read(body, closed.signal), close };
    } catch (error) {
      close();
      if (error instanceof DownloadFailure || this.stop.aborted) throw error;
      throw new DownloadFailure(undefined, reasonOf(error));
    }
  }

  private urlOf(path: string): string {
    const { TELEGRAM_API_ROOT: root = TELEGRAM_URL, TELEGRAM_BOT_TOKEN: token } = this.config;
    return `${root}/file/bot${token}/${path.split('/').map(encodeURIComponent).join('/')}`;
  }

  private async *read(body: ReadableStream<Uint8Array>, closed: AbortSignal): AsyncGenerator<Uint8Array> {
    const reader = body.getReader();
    for (;;) {
      const chunk = await this.readChunk(reader, closed);
      if (chunk.done) return;
      yield chunk.value;
    }
  }

  private async readChunk(reader: ReadableStreamDefaultReader<Uint8Array>, closed: AbortSignal) {
    try {
      return await withTimeout(reader.read(), STALL_TIMEOUT_MS);
    } catch (error) {
      if (this.stop.aborted) throw new ShutdownError();
      // The API has answered before it had all of the file.
      if (closed.aborted) throw new FileInterrupted('closed');
      const reason = reasonOf(error);
      this.recordRetry(reason);
      throw new FileInterrupted(reason);
    }
  }

  private recordRetry(reason: string): void {
    logFailure({ reason });
    this.metrics.retried('telegram');
  }
}

/** @throws the error itself where it is no failure of Telegram or the network. */
function failureOf(error: unknown): Failure {
  if (error instanceof DownloadFailure) {
    const { status = 0, message: reason } = error;
    return { reason, retryAfterMs: 0, isRefusal: status >= 400 && status < 500 && status !== 429 };
  }
  const { code, reason, retryAfterMs } = telegramFailure(error);
  // 401 and 404 are about the token.
  return { reason, retryAfterMs, isRefusal: code === 400 };
}

function reasonOf(error: unknown): string {
  if (error instanceof TimeoutError) return `no byte of a file in ${STALL_TIMEOUT_MS} ms`;
  return networkFailure(error, STALL_TIMEOUT_MS);
}
