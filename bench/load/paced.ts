import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { KEY } from '../contender.ts';
import { interruption } from '../interruption.ts';
import type { RequestKind } from './requests.ts';

const TICK = 1;
const PATIENCE = 10_000;
const HEAD_END = Buffer.from('\r\n\r\n');

/** A load at a rate that does not depend on the answers. */
export interface PacedLoad {
  readonly url: string;
  readonly request: RequestKind;
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second. */
  readonly rate: number;
}

export interface Latencies {
  /** In milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly answers: number;
  readonly failures: number;
}

/**
 * Sends requests by the clock, as people do, who do not wait for each other. A request is late from the moment at which
 * it was due, also where it had to wait for a free connection: a generator that waits for the answer before it sends
 * the next would leave out the very waiting that is asked for. (wrk has no such mode; autocannon sends a second's
 * requests at its beginning.)
 */
export async function pace({ url, request, connections, seconds, rate }: PacedLoad): Promise<Latencies> {
  const message = messageOf(url, request);
  const latencies: number[] = [];
  let refused = 0;
  let lost = 0;
  const due: number[] = [];
  const free: Socket[] = [];

  const send = async (socket: Socket, first: number): Promise<void> => {
    for (let at: number | undefined = first; at !== undefined; at = due.shift()) {
      socket.write(message);
      const status = await answerOf(socket);
      latencies.push(performance.now() - at);
      if (status < 200 || status > 299) refused++;
    }
    free.push(socket);
  };

  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: connections }, () => connect({ host: hostname, port: Number(port) }));
  try {
    await Promise.all(sockets.map((socket) => once(socket.setNoDelay(), 'connect')));
    free.push(...sockets);
    const began = performance.now();
    const total = Math.floor(rate * seconds);
    for (let sent = 0; sent < total;) {
      await sleep(TICK);
      interruption.throwIfAborted();
      const now = performance.now();
      for (; sent < total && began + (sent / rate) * 1_000 <= now; sent++) {
        const at = began + (sent / rate) * 1_000;
        const socket = free.pop();
        if (socket) send(socket, at).catch(() => lost++);
        else due.push(at);
      }
    }
    const deadline = performance.now() + PATIENCE;
    while (latencies.length + lost < total && performance.now() < deadline) await sleep(TICK);
    latencies.sort((a, b) => a - b);
    return {
      p50: latencies[Math.floor(latencies.length * 0.5)]!,
      p99: latencies[Math.floor(latencies.length * 0.99)]!,
      answers: latencies.length,
      failures: refused + total - latencies.length,
    };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function messageOf(url: string, { method, path, body = '' }: RequestKind): Buffer {
  const head = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    `X-Access-Key: ${KEY}`,
    ...(body ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`] : []),
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** The status of the next answer, once all of it is here. Node's own client would cost as much as the service. */
async function answerOf(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      received = received.length > 0 ? Buffer.concat([received, chunk]) : chunk;
      const end = received.indexOf(HEAD_END);
      if (end < 0) return;
      const head = received.toString('latin1', 0, end);
      const length = /^content-length: *(\d+)/im.exec(head)?.[1];
      if (length !== undefined && received.length < end + HEAD_END.length + Number(length)) return;
      forget();
      if (length === undefined) reject(new Error('an answer without a length'));
      else resolve(Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)));
    };
    const onClose = () => {
      forget();
      reject(new Error('the connection was closed'));
    };
    const forget = () => socket.off('data', onData).off('close', onClose).off('error', onClose);
    socket.on('data', onData).once('close', onClose).once('error', onClose);
  });
}
