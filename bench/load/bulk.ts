import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Contender, KEY } from '../contender.ts';
import { interruption } from '../interruption.ts';
import { REQUESTS, type RequestKind } from './requests.ts';

const { path } = REQUESTS.create;
const TYPE = 'application/x-ndjson';
const LINES_PER_CHUNK = 500;
const CREATED = '"status":201';

export interface BulkOutcome {
  /** Processed lines per second. */
  readonly rate: number;
  readonly responses: number;
  readonly failures: number;
}

/** Whether the service accepts many incidents in one request. */
export async function supportsBulk(contender: Contender): Promise<boolean> {
  const response = await contender.request('POST', path, `${line(REQUESTS.create)}\n`, TYPE);
  await response.arrayBuffer();
  return response.status !== 415;
}

/** Sends this many incidents in one request, as fast as the service reads them, and reads the responses concurrently. */
export async function sendBulk(contender: Contender, lines: number): Promise<BulkOutcome> {
  const request = httpRequest(contender.url + path, {
    method: 'POST',
    headers: { 'X-Access-Key': KEY, 'Content-Type': TYPE },
    signal: interruption,
  });
  const began = performance.now();
  const [created] = await Promise.all([
    countCreated(request),
    pipeline(Readable.from(chunks(lines)), request),
  ]);
  return {
    rate: (lines / (performance.now() - began)) * 1_000,
    responses: created,
    failures: lines - created,
  };
}

async function countCreated(request: ReturnType<typeof httpRequest>): Promise<number> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let created = 0;
  for await (const result of createInterface({ input: response })) {
    if (result.includes(CREATED)) created++;
  }
  return created;
}

function* chunks(lines: number): Generator<string> {
  const one = `${line(REQUESTS.create)}\n`;
  const many = one.repeat(LINES_PER_CHUNK);
  for (let sent = 0; sent < lines; sent += LINES_PER_CHUNK) {
    yield lines - sent < LINES_PER_CHUNK ? one.repeat(lines - sent) : many;
  }
}

function line({ body }: RequestKind): string {
  return body!;
}
