import { hash } from 'node:crypto';
import type { Type } from '@nestjs/common';
import type { Request } from 'express';
import { hasIdempotencyKey } from '../headers/idempotency-key.js';
import { parseJson } from './parse-json.js';
import { HttpProblem } from '../problems/problems.js';
import { readBytes } from './raw-body.js';
import { validated } from '../validation/strict-validation.js';

/** Enough for a text of 10,000 characters in any escaping. */
export const MAX_BODY_BYTES = 256 * 1024;

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;

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

/**
 * Reads the JSON body of a request and validates it. It is called by the route, after the guard: the bodies of clients without a
 * key are not read.
 * @throws HttpProblem if the body is no valid JSON of this class.
 */
export async function readBody<Body extends object>(request: Request, type: Type<Body>): Promise<Body> {
  requireJson(request);
  const bytes = await readBytes(request, MAX_BODY_BYTES);
  if (hasIdempotencyKey(request)) request.bodyDigest = digestOf(bytes);
  return validated('body', type, parseJson(bytes, 'body'));
}

/** The problem of a body whose content type the route does not accept. */
export function unsupported({ headers }: Request, supported: string): HttpProblem {
  const { 'content-type': given } = headers;
  const detail = `The content type must be ${supported}${given ? `, not ${given}` : ''}.`;
  return new HttpProblem('request.unsupported-media-type', detail);
}
