import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { KEY } from '../contender.ts';
import { interruption } from '../interruption.ts';
import type { RequestKind } from './requests.ts';

const TICK_MS = 1;
const DRAIN_TIMEOUT_MS = 10_000;
const HEADERS_END = Buffer.from('\r\n\r\n');

/** A load at a constant rate, whether or not earlier requests were answered. */
export interface PacedLoad {
  readonly url: string;
  readonly request: RequestKind;
  readonly connections: number;
  readonly seconds: number;
  /** Requests per second. */
  readonly rate: number;
}

/** The latencies of a load, in milliseconds. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly responses: number;
  readonly failures: number;
}

/**
 * Sends requests at a constant rate, like independent users. Latency is measured from the time at which a request was due,
 * even if it waited for a free connection: a generator that waits for the response before it sends the next request would
 * hide the delay (coordinated omission). wrk has no such mode; autocannon sends the requests of a second at its beginning.
 */
export async function pace({ url, request, connections, seconds, rate }: PacedLoad): Promise<Latencies> {
  const message = messageOf(url, request);
  const latencies: number[] = [];
  let errors = 0;
  let lost = 0;
  const due: number[] = [];
  const free: Socket[] = [];

  const send = async (socket: Socket, first: number): Promise<void> => {
    for (let at: number | undefined = first; at !== undefined; at = due.shift()) {
      socket.write(message);
      const status = await nextStatus(socket);
      latencies.push(performance.now() - at);
      if (status < 200 || status > 299) errors++;
    }
    free.push(socket);
  };

  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: connections }, () => connect({ host: hostname, port: Number(port) }));
  try {
    await Promise.all(sockets.map((socket) => once(socket.setNoDelay(), 'connect')));
    free.push(...sockets);
    const startedAt = performance.now();
    const total = Math.floor(rate * seconds);
    for (let sent = 0; sent < total;) {
      await sleep(TICK_MS);
      interruption.throwIfAborted();
      const now = performance.now();
      for (; sent < total && startedAt + (sent / rate) * 1_000 <= now; sent++) {
        const at = startedAt + (sent / rate) * 1_000;
        const socket = free.pop();
        if (socket) send(socket, at).catch(() => lost++);
        else due.push(at);
      }
    }
    const deadline = performance.now() + DRAIN_TIMEOUT_MS;
    while (latencies.length + lost < total && performance.now() < deadline) await sleep(TICK_MS);
    latencies.sort((a, b) => a - b);
    return {
      p50: latencies[Math.floor(latencies.length * 0.5)]!,
      p99: latencies[Math.floor(latencies.length * 0.99)]!,
      responses: latencies.length,
      failures: errors + total - latencies.length,
    };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function messageOf(url: string, { method, path, body = '' }: RequestKind): Buffer {
  const headers = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    `X-Access-Key: ${KEY}`,
    ...(body ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`] : []),
  ];
  return Buffer.from(`${headers.join('\r\n')}\r\n\r\n${body}`);
}

/** The status of the next response, once it is complete. Node's HTTP client would cost as much CPU as the service. */
async function nextStatus(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      received = received.length > 0 ? Buffer.concat([received, chunk]) : chunk;
      const end = received.indexOf(HEADERS_END);
      if (end < 0) return;
      const headers = received.toString('latin1', 0, end);
      const length = /^content-length: *(\d+)/im.exec(headers)?.[1];
      if (length !== undefined && received.length < end + HEADERS_END.length + Number(length)) return;
      forget();
      if (length === undefined) reject(new Error('the response has no Content-Length'));
      else resolve(Number(headers.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)));
    };
    const onClose = () => {
      forget();
      reject(new Error('the connection was closed'));
    };
    const forget = () => socket.off('data', onData).off('close', onClose).off('error', onClose);
    socket.on('data', onData).once('close', onClose).once('error', onClose);
  });
}
