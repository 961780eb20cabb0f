import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import type { Type } from '@nestjs/common';
import express, { type Request, type Response } from 'express';
import { hasIdempotencyKey } from './idempotency-header.js';
import { isTooDeep, MAX_DEPTH } from './json-depth.js';
import { HttpProblem } from './problems.js';
import { StrictPipe } from './strict.pipe.js';

/** The longest body that is read, in bytes: room for 10,000 characters however they are escaped. */
export const MAX_BODY = 256 * 1024;

/** How long a client may take for its body, in milliseconds. */
const BODY_TIMEOUT = 30_000;

const strict = new StrictPipe('body');

const parse = promisify(
  express.json({
    limit: MAX_BODY,
    // Which type it is has been seen before.
    type: () => true,
    verify: (request, _response, buffer, encoding) => {
      requireUtf8(buffer, encoding);
      requireFlat(buffer);
      if (hasIdempotencyKey(request as Request)) (request as Request).bodyDigest = digestOf(buffer);
    },
  }) as (request: Request, response: Response, next: (error?: unknown) => void) => void,
);

/** What tells one body from another. */
export function digestOf(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** The parser would replace what is not UTF-8 by U+FFFD, and so change a report silently. */
function requireUtf8(buffer: Buffer, encoding: string): void {
  if (encoding !== 'utf-8') {
    throw new HttpProblem('request.unsupported-media-type', `JSON comes in UTF-8, not in ${encoding}.`);
  }
  if (!isUtf8(buffer)) throw new HttpProblem('request.malformed-body', 'The body is not valid UTF-8.');
}

/** @throws HttpProblem where the JSON is nested deeper than it may be. */
export function requireFlat(bytes: Buffer): void {
  if (!isTooDeep(bytes)) return;
  throw new HttpProblem('request.malformed-body', `The JSON is nested deeper than ${MAX_DEPTH} levels.`);
}

/** The request's body as it came, where it is JSON. */
async function readJson(request: Request, response: Response): Promise<unknown> {
  if (request.is('application/json') === false) throw unsupported(request, 'application/json');
  await withinBodyTimeout(parse(request, response));
  return request.body;
}

/** @throws HttpProblem where the reading of a body takes longer than a client may. */
export async function withinBodyTimeout(reading: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new HttpProblem('request.timeout', `The body did not arrive within ${BODY_TIMEOUT / 1_000} s.`));
    }, BODY_TIMEOUT);
  });
  try {
    await Promise.race([reading, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The request's JSON body, checked against a class. It is read after the guard has let the request in: nothing is read from a
 * client without a key.
 */
export async function readBody<Body extends object>(
  request: Request,
  response: Response,
  type: Type<Body>,
): Promise<Body> {
  return (await strict.transform(await readJson(request, response), {
    type: 'body',
    metatype: type,
  })) as Body;
}

/** The problem of a body that is of no type that a route takes. */
export function unsupported({ headers }: Request, ...supported: string[]): HttpProblem {
  const given = headers['content-type'];
  return new HttpProblem(
    'request.unsupported-media-type',
    `The body must be ${supported.join(' or ')}${given ? `, not ${given}` : ''}.`,
  );
}
