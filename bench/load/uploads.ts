import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Contender, KEY } from '../contender.ts';
import { interruption } from '../interruption.ts';
import { REQUESTS } from './requests.ts';

const CHUNK_BYTES = 64 * 1024;

/**
 * Reports so many incidents at once, each with a file of so many bytes. Resolves with the rate in megabytes (of 1,000,000 bytes) per second.
 * @throws if one of them fails.
 */
export async function sendUploads(
  contender: Contender,
  { count, bytes }: { readonly count: number; readonly bytes: number },
): Promise<number> {
  const file = randomBytes(bytes);
  const began = performance.now();
  await Promise.all(Array.from({ length: count }, () => upload(contender, file)));
  return (count * bytes) / 1e6 / ((performance.now() - began) / 1_000);
}

async function upload({ url }: Contender, file: Buffer): Promise<void> {
  const request = httpRequest(url + REQUESTS.create.path, {
    method: 'POST',
    headers: { 'X-Access-Key': KEY, 'Content-Type': 'multipart/form-data; boundary=x' },
    signal: interruption,
  });
  const [[response]] = await Promise.all([
    once(request, 'response') as Promise<[IncomingMessage]>,
    pipeline(Readable.from(form(file), { objectMode: false }), request),
  ]);
  const body = await text(response);
  if (response.statusCode !== 201)
    throw new Error(`an upload was answered ${response.statusCode}: ${body.slice(0, 500)}`);
}

const HEAD = [
  '--x\r\nContent-Disposition: form-data; name="report"\r\n',
  REQUESTS.create.body,
  '--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n',
].join('\r\n');

function* form(file: Buffer): Generator<Buffer> {
  yield Buffer.from(HEAD);
  for (let at = 0; at < file.length; at += CHUNK_BYTES) yield file.subarray(at, at + CHUNK_BYTES);
  yield Buffer.from('\r\n--x--\r\n');
}
