import {
  type BrotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  type Gunzip,
} from 'node:zlib';
import type { Request } from 'express';
import { BodyBudget, type BudgetedBody } from './body-budget.js';
import { HttpProblem } from '../problems/problems.js';

/** How long a client may take to send its body. */
const BODY_TIMEOUT_MS = 30_000;

/** A smaller body, as most reports are, does not count against the budget: the number of connections bounds their sum. */
const UNBUDGETED_BYTES = 4 * 1024;

/** The compression ratio of a body that is decompressed to more than `MIN_CHECKED_BYTES`: 10 to 50 for JSON of similar alerts. */
const MAX_COMPRESSION_RATIO = 100;
const MIN_CHECKED_BYTES = 64 * 1024;

/** How much of a rejected body is still read. */
const MAX_DISCARDED_BYTES = 256 * 1024;

const DECOMPRESSORS: Readonly<Record<string, () => Gunzip | BrotliDecompress>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** Whether a request has a body that is not empty. */
export function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** For the bodies of all requests in flight together. Parsed, they take several times that. */
const MAX_TOTAL_BYTES = 32 * 1024 * 1024;

/** One for the process. */
const budget = new BodyBudget(MAX_TOTAL_BYTES);

/**
 * Reads and decompresses the body of a request.
 * @param maxBytes after decompression.
 * @throws HttpProblem if the body is too large, badly compressed or too slow, or not the one that was signed, if the bodies in flight
 * take too much memory, or if the key was revoked meanwhile.
 */
export async function readBytes(request: Request, maxBytes: number): Promise<Buffer> {
  const decompressor = decompressorFor(request);
  if (!decompressor && Number(request.headers['content-length'] ?? 0) > maxBytes) {
    discard(request);
    throw tooLarge(maxBytes);
  }
  const bytes =
    (!decompressor && arrivedBytes(request)) || (await arrivingBytes(request, maxBytes, decompressor));
  request.contentDigest?.requireMatch();
  // The key may have been revoked while the body arrived.
  const checking = request.requireKeyAgain?.(request);
  if (checking) await checking;
  return bytes;
}

/** The bytes of a small body that arrived together with its headers, as most do: it needs neither a timer nor listeners. */
function arrivedBytes(request: Request): Buffer | undefined {
  const length = Number(request.headers['content-length']);
  if (length > UNBUDGETED_BYTES || request.readableLength !== length) return undefined;
  const bytes = (request.read() as Buffer | null) ?? Buffer.alloc(0);
  request.contentDigest?.update(bytes);
  // Node parses the next request of the connection once this one has been read to its end.
  request.resume();
  return bytes;
}

function arrivingBytes(
  request: Request,
  maxBytes: number,
  decompressor: Gunzip | BrotliDecompress | undefined,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const source = decompressor ? request.pipe(decompressor) : request;
  let chunks: Buffer[] = [];
  let length = 0;
  let budgeted: BudgetedBody | undefined;

  const onData = (chunk: Buffer): void => {
    length += chunk.length;
    if (length > maxBytes) return fail(tooLarge(maxBytes));
    if (
      decompressor &&
      length > MIN_CHECKED_BYTES &&
      length > MAX_COMPRESSION_RATIO * decompressor.bytesWritten
    ) {
      const detail = `The compression ratio must be at most ${MAX_COMPRESSION_RATIO} to 1.`;
      return fail(new HttpProblem('request.body-too-large', detail));
    }
    chunks.push(chunk);
    if (budgeted) budgeted.add(chunk.length);
    else if (length > UNBUDGETED_BYTES) {
      budgeted = budget.begin(() => fail(overBudget()));
      const body = budgeted;
      request.res!.once('close', () => body.release());
      budgeted.add(length);
    }
  };
  const onRawData = (chunk: Buffer): void => request.contentDigest!.update(chunk);
  const onEnd = (): void => {
    budgeted?.complete();
    cleanUp();
    resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
  };
  const onError = (): void =>
    fail(new HttpProblem('request.malformed-body', 'The body does not match its Content-Encoding.'));
  const onClose = (): void => {
    // A complete body may still be in the decompressor.
    if (!request.complete) fail(new HttpProblem('request.malformed-body', 'The connection was closed.'));
  };
  const onTimeout = (): void =>
    fail(new HttpProblem('request.timeout', `The body did not arrive within ${BODY_TIMEOUT_MS / 1_000} s.`));
  const timer = setTimeout(onTimeout, BODY_TIMEOUT_MS);
  const cleanUp = (): void => {
    clearTimeout(timer);
    source.off('data', onData).off('end', onEnd);
    // A decompressor ends where its format does, and more may arrive.
    request.off('close', onClose).off('data', onRawData);
  };
  const fail = (problem: HttpProblem): void => {
    cleanUp();
    chunks = [];
    budgeted?.release();
    request.unpipe();
    decompressor?.destroy();
    discard(request);
    reject(problem);
  };
  if (request.contentDigest) request.on('data', onRawData);
  source.on('data', onData).on('end', onEnd);
  request.on('close', onClose);
  decompressor?.on('error', onError);
  return promise;
}

/** Reads some more of a rejected body, for clients that read no answer before they have sent all of it. */
export function discard(request: Request, maxBytes = MAX_DISCARDED_BYTES): void {
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) request.pause();
  });
  // A request that was piped is paused.
  request.resume();
}

/**
 * For bodies that are used as they arrive: a decompressed one could be of any size.
 * @throws HttpProblem if the body is encoded, or longer by its header than so many bytes.
 */
export function requireUnencoded(request: Request, maxBytes = Infinity): void {
  const encoding = encodingOf(request);
  if (encoding !== 'identity') {
    const detail = `Content-Encoding is not supported here, and the body has ${encoding}.`;
    throw new HttpProblem('request.unsupported-media-type', detail);
  }
  if (Number(request.headers['content-length'] ?? 0) <= maxBytes) return;
  discard(request);
  throw tooLarge(maxBytes);
}

const encodingOf = ({ headers }: Request): string => headers['content-encoding']?.toLowerCase() ?? 'identity';

function decompressorFor(request: Request): Gunzip | BrotliDecompress | undefined {
  const encoding = encodingOf(request);
  if (encoding === 'identity') return undefined;
  const create = Object.hasOwn(DECOMPRESSORS, encoding) ? DECOMPRESSORS[encoding] : undefined;
  if (create) return create();
  const detail = `Content-Encoding must be gzip, deflate or br, not ${encoding}.`;
  throw new HttpProblem('request.unsupported-media-type', detail);
}

export function tooLarge(maxBytes: number): HttpProblem {
  return new HttpProblem('request.body-too-large', `The body must be at most ${maxBytes} bytes long.`);
}

export function overBudget(): HttpProblem {
  return new HttpProblem('store.unavailable', 'Too many large bodies are arriving; try again later.');
}
