import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttackCounts } from './attack-counts.ts';

/** What to attack, and until when. */
export interface Target {
  readonly url: string;
  readonly accessKey: string;
  readonly stop: AbortSignal;
  readonly counts: AttackCounts;
}

const RECONNECT_PAUSE_MS = 50;

/** A request as bytes, without an access key if `accessKey` is undefined. */
export function requestBytes(
  method: string,
  path: string,
  {
    accessKey,
    headers = {},
    body = Buffer.alloc(0),
    length = body.length,
  }: {
    readonly accessKey?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Buffer;
    /** The Content-Length; not sent with Transfer-Encoding. */
    readonly length?: number;
  } = {},
): Buffer {
  const all = {
    Host: 'incidents',
    ...(accessKey !== undefined && { 'X-Access-Key': accessKey }),
    ...(length > 0 && headers['Transfer-Encoding'] === undefined && { 'Content-Length': String(length) }),
    ...headers,
  };
  const headerLines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${headerLines.join('')}\r\n`), body]);
}

/** Runs `work` on a connection, and on a new one after each that ends, until the attack ends. */
export async function keepConnected(
  { url, stop }: Target,
  work: (socket: Socket) => Promise<void>,
): Promise<void> {
  const { hostname, port } = new URL(url);
  while (!stop.aborted) {
    const socket = connect(Number(port), hostname);
    // The error appears as a failed write or a closed connection.
    socket.on('error', () => undefined);
    const end = () => socket.destroy();
    stop.addEventListener('abort', end);
    await work(socket).catch(() => undefined);
    stop.removeEventListener('abort', end);
    socket.destroy();
    await sleep(RECONNECT_PAUSE_MS);
  }
}

/** Writes, and waits for the drain of a full buffer. @throws if the connection is closed. */
export function write(socket: Socket, bytes: Buffer | string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      socket.off('drain', settle).off('close', settle);
      if (socket.destroyed) reject(new Error('closed'));
      else resolve();
    };
    if (socket.destroyed || socket.write(bytes)) setImmediate(settle);
    else socket.on('drain', settle).on('close', settle);
  });
}

/** Counts the answers on a connection. @returns a function that waits for a total number of answers. */
export function countAnswers(socket: Socket, counts: AttackCounts): (count: number) => Promise<void> {
  const answers = { seen: 0, change: Promise.withResolvers<void>() };
  const wake = () => {
    answers.change.resolve();
    answers.change = Promise.withResolvers();
  };
  socket.setEncoding('latin1').on('data', (text: string) => {
    for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d)\d\d /g)) {
      answers.seen++;
      if (status === '5') counts.failed++;
    }
    wake();
  });
  socket.on('close', wake);
  return async (count) => {
    while (answers.seen < count) {
      if (socket.destroyed) throw new Error('closed');
      await answers.change.promise;
    }
  };
}

/** One chunk of a body with Transfer-Encoding. */
export function chunkOf(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

export const LAST_CHUNK = '0\r\n\r\n';
