import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { DUPLICATE_TEXT } from '../attacks.ts';
import {
  chunkOf,
  countAnswers,
  keepConnected,
  LAST_CHUNK,
  requestBytes,
  type Target,
  write,
} from './connection.ts';

const INCIDENTS = '/api/v1/incidents';
const ALERTMANAGER = '/api/v1/intake/alertmanager';
const LONG_POLL = '/api/v1/events?after=latest&wait=2';
const RETRY_AFTER_MS = 5_000;
const NDJSON = { 'Content-Type': 'application/x-ndjson', 'Transfer-Encoding': 'chunked' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const CHUNK_BYTES = 64 * 1024;

type AttackMethod = (target: Target) => Promise<unknown>;

/** The attacks by name. */
export const ATTACK_METHODS: Readonly<Record<string, AttackMethod>> = {
  'blank-lines': (target) => {
    const lines = Buffer.alloc(CHUNK_BYTES, '\n');
    return onConnections(1, target, (socket) =>
      stream(socket, target, () => ({ lines, count: lines.length })),
    );
  },

  // Bodies of 16 KB that decompress to 16 MiB, and bodies just below the limits.
  'gzip-bombs': (target) => {
    const bomb = compressedNotification(16 * 1024 * 1024, () => ({
      status: 'firing',
      labels: { alertname: 'A' },
      fingerprint: 'a',
    }));
    const large = compressedNotification(3.9 * 1024 * 1024, () => ({
      status: 'resolved',
      labels: { alertname: 'A' },
      annotations: { description: randomBytes(32).toString('hex').repeat(8) },
      fingerprint: randomBytes(8).toString('hex'),
    }));
    const headers = { ...JSON_TYPE, 'Content-Encoding': 'gzip' };
    return onConnections(4, target, (socket) => {
      const bodies = [bomb, large];
      let n = 0;
      return sendSequentially(socket, target, () =>
        request('POST', ALERTMANAGER, target, { headers, body: bodies[n++ % 2]! }),
      );
    });
  },

  'unread-answers': (target) =>
    onConnections(20, target, async (socket) => {
      const batch = Buffer.concat(
        Array.from({ length: 100 }, () => request('GET', `${INCIDENTS}?limit=200`, target)),
      );
      socket.pause();
      for (;;) {
        await write(socket, batch);
        target.counts.sent += 100;
      }
    }),

  'long-texts-2-streams': (target) => longTexts(2, target),
  'long-texts-40-streams': (target) => longTexts(40, target),

  'readiness-pipelined': (target) => {
    const batch = Buffer.concat(Array.from({ length: 100 }, () => requestBytes('GET', '/health/ready')));
    return onConnections(8, target, async (socket) => {
      const answered = countAnswers(socket, target.counts);
      for (let sent = 0; ; sent += 100, target.counts.sent += 100) {
        await write(socket, batch);
        await answered(sent - 1_000);
      }
    });
  },

  searches: (target) =>
    onConnections(4, target, (socket) =>
      sendSequentially(socket, target, () =>
        request('GET', `${INCIDENTS}?q=${aRareText()}&limit=200`, target),
      ),
    ),

  duplicates: (target) =>
    onConnections(2, target, (socket) =>
      sendSequentially(socket, target, () =>
        request('GET', `${INCIDENTS}?q=${encodeURIComponent(DUPLICATE_TEXT)}`, target),
      ),
    ),

  'quarantine-flood': (target) =>
    onConnections(8, target, (socket) =>
      sendSequentially(socket, target, () =>
        // Invalid JSON is quarantined verbatim; random bytes are not deduplicated or compressed.
        request('POST', ALERTMANAGER, target, {
          headers: JSON_TYPE,
          body: Buffer.from(randomBytes(384 * 1024).toString('base64')),
        }),
      ),
    ),

  'replayed-lines': (target) => {
    const lines = Array.from({ length: 20_000 }, (_, n) =>
      JSON.stringify({
        description: `Датчик ${n} молчит`,
        source: 'monitoring',
        idempotency_key: `again-${n}`,
      }),
    );
    const body = Buffer.from(`${lines.join('\n')}\n`);
    return onConnections(1, target, async (socket) => {
      const headers = { ...NDJSON, Connection: 'close' };
      const answers = answersOf(socket);
      await write(socket, request('POST', INCIDENTS, target, { headers }));
      await write(socket, chunkOf(body));
      await write(socket, LAST_CHUNK);
      target.counts.sent += lines.length;
      target.counts.failed += [...(await answers).matchAll(/"status":5\d\d/g)].length;
    });
  },

  'stalled-bodies': (target) => {
    const part = Buffer.alloc(CHUNK_BYTES, '[');
    let n = 0;
    return onConnections(100, target, async (socket) => {
      // A body over the limit is rejected at once, a body within it is read.
      const length = (n++ % 2 === 0 ? 16 : 4) * 1024 * 1024;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.resume();
      await write(socket, request('POST', ALERTMANAGER, target, { headers: JSON_TYPE, length }));
      target.counts.sent++;
      for (let sent = part.length; sent < length; sent += part.length) await write(socket, part);
      await closed;
    });
  },

  // Ten times as many polls as one key may have, each with its own filter. They repeat when the Retry-After says so.
  'long-polls': (target) => {
    let n = 0;
    return onConnections(1_000, target, async (socket) => {
      const answered = countAnswers(socket, target.counts);
      for (let sent = 1; !target.stop.aborted; sent++) {
        await write(socket, request('GET', `${LONG_POLL}&incident=${++n}`, target));
        target.counts.sent++;
        await answered(sent);
        await sleep(RETRY_AFTER_MS);
      }
    });
  },

  'client-errors': async (target) => {
    const lines = Buffer.from('{"description":1}\n'.repeat(1_000));
    const bad = request('POST', INCIDENTS, target, {
      headers: JSON_TYPE,
      body: Buffer.from('{"description":1}'),
    });
    await Promise.all([
      onConnections(2, target, (socket) => stream(socket, target, () => ({ lines, count: 1_000 }))),
      onConnections(8, target, (socket) => sendSequentially(socket, target, () => bad)),
    ]);
  },
};

/** A compressed notification of `bytes` bytes before compression. */
function compressedNotification(bytes: number, alert: () => object): Buffer {
  const alerts: string[] = [];
  for (let length = 0; length < bytes - 1_000; length += alerts.at(-1)!.length + 1) {
    alerts.push(JSON.stringify(alert()));
  }
  return gzipSync(`{"version":"4","alerts":[${alerts.join(',')}]}`, { level: 9 });
}

function longTexts(connections: number, target: Target): Promise<unknown> {
  const text = 'Насос не отвечает, давление падает. '.repeat(300).slice(0, 10_000);
  const lines = Buffer.from(`${JSON.stringify({ description: text, source: 'monitoring' })}\n`);
  return onConnections(connections, target, (socket) => stream(socket, target, () => ({ lines, count: 1 })));
}

function request(
  method: string,
  path: string,
  { accessKey }: Target,
  options: Parameters<typeof requestBytes>[2] = {},
): Buffer {
  return requestBytes(method, path, { accessKey, ...options });
}

function onConnections(
  count: number,
  target: Target,
  work: (socket: Socket) => Promise<void>,
): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, () => keepConnected(target, work)));
}

/** Sends one request after the other, each after the answer to the previous one. */
async function sendSequentially(socket: Socket, { counts }: Target, next: () => Buffer): Promise<void> {
  const answered = countAnswers(socket, counts);
  for (let sent = 1; ; sent++) {
    await write(socket, next());
    counts.sent++;
    await answered(sent);
  }
}

/** Sends an endless stream of reports, and reads its answers. */
async function stream(
  socket: Socket,
  target: Target,
  next: () => { lines: Buffer; count: number },
): Promise<void> {
  socket.resume();
  await write(socket, request('POST', INCIDENTS, target, { headers: NDJSON }));
  for (;;) {
    const { lines, count } = next();
    await write(socket, chunkOf(lines));
    target.counts.sent += count;
  }
}

/** Everything that a connection receives until it ends. */
async function answersOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks).toString('latin1');
}

/** Two frequent letters followed by rare ones, different each time. */
function aRareText(): string {
  return encodeURIComponent(`ка${randomBytes(2).toString('hex')}`);
}
