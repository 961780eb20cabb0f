import type { ReadableStream } from 'node:stream/web';
import { retryWithBackoff } from '../../../shared/backoff.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';
import { TimeoutError, withTimeout } from '../../../shared/time/timeout.js';
import { FileInterrupted, type OpenFile } from '../../core/api/file-form.js';
import { networkFailure } from '../../core/api/network-failure.js';
import type { MessageFile } from '../content/message-files.js';
import type { BotMetrics } from '../operations/bot-metrics.js';
import { logFailure, telegramFailure } from '../telegram-api.js';

/** Telegram gives bots files up to this size: https://core.telegram.org/bots/api#getfile. The API accepts the same. */
const MAX_FILE_BYTES = 20 * 1024 * 1024;

/** How long Telegram may take to begin, and to continue. */
const STALL_TIMEOUT_MS = 30_000;

/** How long one attempt may take in all: the API gives an upload ten minutes. */
const READ_TIMEOUT_MS = 540_000;

/** How often a file is requested that Telegram refuses: it says of some that they are "temporarily unavailable". */
const MAX_REFUSALS = 5;

/** How often the bytes are requested, over some minutes. A file that always breaks off would hold up all other messages for ever. */
const MAX_DOWNLOADS = 10;

/** Telegram does not give a file to this bot. */
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
  /** What counts towards giving this file up; undefined where Telegram fails on everything. */
  readonly counted: 'refusals' | 'downloads' | undefined;
}

/** What a download needs of the bot. */
export interface DownloadContext {
  /** Asks Telegram for the address of a file, which is valid for an hour. */
  readonly find: (id: string) => Promise<string>;
  readonly metrics: BotMetrics;
  readonly stop: AbortSignal;
}

/** One file that is with Telegram. It can be read several times, until Telegram has failed too often to give it. */
export class FileDownload {
  private readonly failures = { refusals: 0, downloads: 0 };

  constructor(
    private readonly file: MessageFile,
    private readonly context: DownloadContext,
  ) {}

  /**
   * Opens the file from its beginning: resolves when Telegram has begun to send it, however long Telegram is unreachable.
   * @throws FileUnavailable if Telegram refuses the file, or has failed too often to give it. @throws ShutdownError
   */
  async open(): Promise<OpenFile> {
    const { size = 0 } = this.file;
    if (size > MAX_FILE_BYTES) throw new FileUnavailable('too_large', `${size} bytes`);
    const { stop } = this.context;
    const onFailure = (error: unknown) => {
      if (stop.aborted) throw new ShutdownError();
      const failure = failureOf(error);
      this.record(failure);
      return failure.retryAfterMs;
    };
    return retryWithBackoff(() => this.openOnce(), { stop, onFailure });
  }

  private async openOnce(): Promise<OpenFile> {
    const { find, stop } = this.context;
    const { id, name } = this.file;
    const url = await find(id);
    const closed = new AbortController();
    const close = () => closed.abort();
    try {
      const signal = AbortSignal.any([stop, closed.signal]);
      const { status, body } = await withTimeout(
        fetch(url, { signal, redirect: 'manual' }),
        STALL_TIMEOUT_MS,
      );
      if (status !== 200 || !body) throw new DownloadFailure(status, `${status} for the bytes of a file`);
      return { name, bytes: this.read(body, closed.signal), close };
    } catch (error) {
      close();
      if (error instanceof DownloadFailure || stop.aborted) throw error;
      throw new DownloadFailure(undefined, reasonOf(error));
    }
  }

  private async *read(body: ReadableStream<Uint8Array>, closed: AbortSignal): AsyncGenerator<Uint8Array> {
    const reader = body.getReader();
    const deadline = performance.now() + READ_TIMEOUT_MS;
    const readChunk = () =>
      withTimeout(reader.read(), Math.min(STALL_TIMEOUT_MS, deadline - performance.now()));
    try {
      for (let chunk = await readChunk(); !chunk.done; chunk = await readChunk()) yield chunk.value;
    } catch (error) {
      if (this.context.stop.aborted) throw new ShutdownError();
      // The API has answered before it had all of the file.
      if (closed.aborted) throw new FileInterrupted('closed');
      const reason = reasonOf(error);
      this.record({ reason, counted: 'downloads' });
      throw new FileInterrupted(reason);
    }
  }

  /** @throws FileUnavailable where another attempt is useless. */
  private record({ reason, counted }: Pick<Failure, 'reason' | 'counted'>): void {
    if (counted) this.failures[counted]++;
    const { refusals, downloads } = this.failures;
    if (counted === 'refusals' && /too big/i.test(reason)) throw new FileUnavailable('too_large', reason);
    if (refusals === MAX_REFUSALS || downloads === MAX_DOWNLOADS) {
      throw new FileUnavailable('unavailable', reason);
    }
    logFailure({ reason });
    this.context.metrics.retried('telegram');
  }
}

/** @throws the error itself where it is no failure of Telegram or the network. */
function failureOf(error: unknown): Failure {
  if (error instanceof DownloadFailure) {
    const { status = 0, message: reason } = error;
    if (status === 429) return { reason, retryAfterMs: 0, counted: undefined };
    return { reason, retryAfterMs: 0, counted: status >= 400 && status < 500 ? 'refusals' : 'downloads' };
  }
  const { code, reason, retryAfterMs } = telegramFailure(error);
  // 401 and 404 are about the token.
  return { reason, retryAfterMs, counted: code === 400 ? 'refusals' : undefined };
}

function reasonOf(error: unknown): string {
  if (error instanceof TimeoutError) return `the bytes of a file: ${error.message}`;
  return networkFailure(error, STALL_TIMEOUT_MS);
}
