import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Contender, KEY } from '../contender.ts';
import { interruption } from '../interruption.ts';
import { REQUESTS } from './requests.ts';

const CHUNK_BYTES = 64 * 1024;

export interface UploadsOutcome {
  /** Stored megabytes (of 1,000,000 bytes) per second. */
  readonly rate: number;
  readonly responses: number;
  readonly failures: number;
}

/** Reports so many incidents at once, each with a file of so many bytes. */
export async function sendUploads(
  contender: Contender,
  { count, bytes }: { readonly count: number; readonly bytes: number },
): Promise<UploadsOutcome> {
  const file = randomBytes(bytes);
  const began = performance.now();
  const statuses = await Promise.all(Array.from({ length: count }, () => upload(contender, file)));
  const seconds = (performance.now() - began) / 1_000;
  const responses = statuses.filter((status) => status === 201).length;
  return { rate: (count * bytes) / 1e6 / seconds, responses, failures: count - responses };
}

async function upload({ url }: Contender, file: Buffer): Promise<number> {
  const request = httpRequest(url + REQUESTS.create.path, {
    method: 'POST',
    headers: { 'X-Access-Key': KEY, 'Content-Type': 'multipart/form-data; boundary=x' },
    signal: interruption,
  });
  const [[response]] = await Promise.all([
    once(request, 'response') as Promise<[IncomingMessage]>,
    pipeline(Readable.from(form(file), { objectMode: false }), request),
  ]);
  await response.resume().toArray();
  return response.statusCode!;
}

function* form(file: Buffer): Generator<Buffer> {
  const part = (name: string, more = '') =>
    `--x\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
  yield Buffer.from(`${part('report')}${REQUESTS.create.body}\r\n${part('file', '; filename="a.bin"')}`);
  for (let at = 0; at < file.length; at += CHUNK_BYTES) yield file.subarray(at, at + CHUNK_BYTES);
  yield Buffer.from('\r\n--x--\r\n');
}
