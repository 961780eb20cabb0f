import { hash } from 'node:crypto';
import type { Type } from '@nestjs/common';
import type { Request, Response } from 'express';
import { hasIdempotencyKey } from '../headers/idempotency-key.js';
import { parseJson } from './parse-json.js';
import { HttpProblem } from '../problems/problems.js';
import { readBytes } from './raw-body.js';
import { StrictPipe } from '../validation/strict.pipe.js';

/** Enough for a text of 10,000 characters in any escaping. */
export const MAX_BODY_BYTES = 256 * 1024;

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;

const strict = new StrictPipe('body');

/** The digest that tells whether two bodies are equal. */
export function digestOf(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** Whether the content type is exactly `application/json`, as most clients send it: it needs no parsing then. */
export function isPlainJson({ headers }: Request): boolean {
  return headers['content-type'] === 'application/json';
}

/** @throws HttpProblem unless the content type is JSON, in UTF-8 if it names a charset. */
function requireJson(request: Request): void {
  if (isPlainJson(request)) return;
  if (request.is('application/json') === false) throw unsupported(request, 'application/json');
  const charset = CHARSET.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset === undefined || charset.toLowerCase() === 'utf-8') return;
  throw new HttpProblem('request.unsupported-media-type', `The charset must be utf-8, not ${charset}.`);
}

async function readJson(request: Request, response: Response): Promise<unknown> {
  requireJson(request);
  const bytes = await readBytes(request, response, MAX_BODY_BYTES);
  if (hasIdempotencyKey(request)) request.bodyDigest = digestOf(bytes);
  return parseJson(bytes, 'body');
}

/**
 * Reads the JSON body of a request and validates it. It is called by the route, after the guard: the bodies of clients without a
 * key are not read.
 * @throws HttpProblem if the body is no valid JSON of this class.
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

/** The problem of a body whose content type the route does not accept. */
export function unsupported({ headers }: Request, ...supported: string[]): HttpProblem {
  const contentType = headers['content-type'];
  return new HttpProblem(
    'request.unsupported-media-type',
    `The content type must be ${supported.join(' or ')}${contentType ? `, not ${contentType}` : ''}.`,
  );
}
