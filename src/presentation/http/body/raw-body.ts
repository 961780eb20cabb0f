import {
  type BrotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  type Gunzip,
} from 'node:zlib';
import type { Request, Response } from 'express';
import { BodyBudget, type BudgetedBody } from './body-budget.js';
import { HttpProblem } from '../problems/problems.js';

/** How long a client may take for its body, in milliseconds. */
const BODY_TIMEOUT_MS = 30_000;

/** So many bytes of each body are free of the budget: what most reports have. The number of connections bounds their sum. */
const FREE_BYTES = 4 * 1024;

/** How many times its size a body may be when it is unpacked, past `MIN_CHECKED_BYTES`: JSON of like alerts is 10 to 50. */
const MAX_RATIO = 100;
const MIN_CHECKED_BYTES = 64 * 1024;

/** So much of a body is still read once it is refused. */
const MAX_DISCARDED_BYTES = 256 * 1024;

const UNPACKERS: Readonly<Record<string, () => Gunzip | BrotliDecompress>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** One for the process, whose memory it bounds. */
const budget = new BodyBudget();

/**
 * The bytes of the request's body, unpacked where they came packed.
 * @param limit of the bytes as they are unpacked.
 * @throws HttpProblem where there are more, they are not packed as the request says, they take longer than a client may,
 * or the bodies under way take more memory than they may.
 */
export async function readBytes(request: Request, response: Response, limit: number): Promise<Buffer> {
  const unpacker = unpackerFor(request);
  if (!unpacker && Number(request.headers['content-length'] ?? 0) > limit) {
    discard(request);
    throw tooLarge(limit);
  }
  const bytes =
    (!unpacker && arrivedBytes(request)) || (await arrivingBytes(request, response, limit, unpacker));
  // The body may have taken longer than the key was valid.
  const checking = request.requireKeyAgain?.(request);
  if (checking) await checking;
  return bytes;
}

/** The bytes of a small body that came with its head, as most do: it needs neither a timer nor listeners. */
function arrivedBytes(request: Request): Buffer | undefined {
  const length = Number(request.headers['content-length']);
  if (length > FREE_BYTES || request.readableLength !== length) return undefined;
  const bytes = (request.read() as Buffer | null) ?? Buffer.alloc(0);
  // Node goes on to the next request of the connection once the end of this one is read.
  request.resume();
  return bytes;
}

function arrivingBytes(
  request: Request,
  response: Response,
  limit: number,
  unpacker: Gunzip | BrotliDecompress | undefined,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const source = unpacker ? request.pipe(unpacker) : request;
  let chunks: Buffer[] = [];
  let length = 0;
  let held: BudgetedBody | undefined;

  const onData = (chunk: Buffer): void => {
    length += chunk.length;
    if (length > limit) return fail(tooLarge(limit));
    if (unpacker && length > MIN_CHECKED_BYTES && length > MAX_RATIO * unpacker.bytesWritten) {
      return fail(
        new HttpProblem('request.body-too-large', `The body is packed by more than ${MAX_RATIO} to 1.`),
      );
    }
    chunks.push(chunk);
    if (held) held.add(chunk.length);
    else if (length > FREE_BYTES) {
      held = budget.begin(() => fail(overBudget()));
      const body = held;
      response.once('close', () => body.release());
      held.add(length);
    }
  };
  const onEnd = (): void => {
    held?.arrived();
    settle();
    resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
  };
  const onError = (): void =>
    fail(new HttpProblem('request.malformed-body', 'The body is not packed as it says.'));
  const onClose = (): void => {
    // Packed bytes that are all here may still be on their way through the unpacker.
    if (!request.complete) fail(new HttpProblem('request.malformed-body', 'The connection was closed.'));
  };
  const timer = setTimeout(() => {
    fail(new HttpProblem('request.timeout', `The body did not arrive within ${BODY_TIMEOUT_MS / 1_000} s.`));
  }, BODY_TIMEOUT_MS);
  const settle = (): void => {
    clearTimeout(timer);
    source.off('data', onData).off('end', onEnd);
    request.off('close', onClose);
  };
  const fail = (problem: HttpProblem): void => {
    settle();
    chunks = [];
    held?.release();
    request.unpipe();
    unpacker?.destroy();
    discard(request);
    reject(problem);
  };
  source.on('data', onData).on('end', onEnd);
  request.on('close', onClose);
  unpacker?.on('error', onError);
  return promise;
}

/** Reads some of what still comes, for clients that read no answer before they have sent all; the rest is not worth it. */
function discard(request: Request): void {
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > MAX_DISCARDED_BYTES) request.pause();
  });
}

function unpackerFor({ headers }: Request): Gunzip | BrotliDecompress | undefined {
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return undefined;
  const create = Object.hasOwn(UNPACKERS, encoding) ? UNPACKERS[encoding] : undefined;
  if (create) return create();
  throw new HttpProblem(
    'request.unsupported-media-type',
    `The body is packed as ${encoding}, which is not known here.`,
  );
}

function tooLarge(limit: number): HttpProblem {
  return new HttpProblem('request.body-too-large', `The body is over ${limit} bytes long.`);
}

function overBudget(): HttpProblem {
  return new HttpProblem('store.unavailable', 'Too many large bodies are arriving; try again later.');
}
