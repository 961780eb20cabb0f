import type { ServerResponse } from 'node:http';

/** Telegram gives bots no larger ones. */
const MAX_BYTES = 20 * 1024 * 1024;

const PATH_PREFIX = 'documents/файл #';

/** A file as messages have it. */
export interface SentFile {
  readonly file_id: string;
  readonly file_unique_id: string;
  readonly file_size: number;
}

/** Telegram’s method `getFile` and its file server, both of which `telegram-test-api` lacks. */
export class TestTelegramFiles {
  private readonly files: Buffer[] = [];
  private interruptions = 0;
  private stalls = 0;
  /** The paths that were requested, in order. */
  readonly downloads: string[] = [];

  /** Somebody sends a file. */
  add(bytes: Buffer): SentFile {
    const n = this.files.push(bytes) - 1;
    return { file_id: `file-${n}`, file_unique_id: `unique-${n}`, file_size: bytes.length };
  }

  /** Breaks off the next downloads in their middle. */
  interrupt(times: number): void {
    this.interruptions = times;
  }

  /** Sends no more than half of the next downloads, without an end. */
  stall(times: number): void {
    this.stalls = times;
  }

  /** The answer to `getFile`. */
  find(id: string): Record<string, any> {
    const n = Number(/^file-(\d+)$/.exec(id)?.[1] ?? NaN);
    const bytes = this.files[n];
    if (!bytes) {
      const description = 'Bad Request: wrong file_id or the file is temporarily unavailable';
      return { error_code: 400, description };
    }
    if (bytes.length > MAX_BYTES) return { error_code: 400, description: 'Bad Request: file is too big' };
    return { result: { file_id: id, file_size: bytes.length, file_path: `${PATH_PREFIX}${n}.bin` } };
  }

  /** Answers a request for bytes. @returns false if it is another request. */
  serve(url: string, response: ServerResponse): boolean {
    const path = /^\/file\/bot[^/]+\/(.*)$/.exec(url)?.[1];
    if (path === undefined) return false;
    const decoded = decodeURIComponent(path);
    this.downloads.push(decoded);
    const n = Number(decoded.slice(PATH_PREFIX.length, -'.bin'.length));
    const bytes = decoded.startsWith(PATH_PREFIX) ? this.files[n] : undefined;
    if (!bytes) {
      response.writeHead(404, { 'Content-Type': 'application/json' });
      response.end('{"ok":false,"error_code":404,"description":"Not Found"}');
      return true;
    }
    response.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': bytes.length,
    });
    const half = bytes.subarray(0, bytes.length / 2);
    if (this.interruptions > 0) {
      this.interruptions--;
      response.write(half, () => response.destroy());
    } else if (this.stalls > 0) {
      this.stalls--;
      response.write(half);
    } else response.end(bytes);
    return true;
  }
}
