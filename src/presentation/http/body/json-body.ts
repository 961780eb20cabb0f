import { hash } from 'node:crypto';
import type { Type } from '@nestjs/common';
import type { Request, Response } from 'express';
import { hasIdempotencyKey } from '../headers/idempotency-key.js';
import { parseJson } from './parse-json.js';
import { HttpProblem } from '../problems/problems.js';
import { readBytes } from './raw-body.js';
import { StrictPipe } from '../validation/strict.pipe.js';

/** The longest body that is read, in bytes: room for 10,000 characters however they are escaped. */
export const MAX_BODY = 256 * 1024;

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;

const strict = new StrictPipe('body');

/** What tells one body from another. */
export function digestOf(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** Whether the request says that its body is JSON in the way that most do, which need not be parsed. */
export function isPlainJson({ headers }: Request): boolean {
  return headers['content-type'] === 'application/json';
}

/** @throws HttpProblem unless the request says that its body is JSON, in UTF-8 where it names a charset. */
function requireJson(request: Request): void {
  if (isPlainJson(request)) return;
  if (request.is('application/json') === false) throw unsupported(request, 'application/json');
  const charset = CHARSET.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset === undefined || charset.toLowerCase() === 'utf-8') return;
  throw new HttpProblem('request.unsupported-media-type', `JSON comes in UTF-8, not in ${charset}.`);
}

/** The request's body, where it is JSON. */
async function readJson(request: Request, response: Response): Promise<unknown> {
  requireJson(request);
  const bytes = await readBytes(request, response, MAX_BODY);
  if (hasIdempotencyKey(request)) request.bodyDigest = digestOf(bytes);
  return parseJson(bytes, 'body');
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
