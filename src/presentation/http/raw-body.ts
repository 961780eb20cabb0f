import { promisify } from 'node:util';
import express, { type Request, type Response } from 'express';
import { withinBodyTimeout } from './json-body.js';

/** The longest body that is read as it is, in bytes: a notification of thousands of alerts. */
export const MAX_RAW_BODY = 16 * 1024 * 1024;

const read = promisify(
  express.raw({ limit: MAX_RAW_BODY, type: () => true }) as (
    request: Request,
    response: Response,
    next: (error?: unknown) => void,
  ) => void,
);

/** The bytes of the request's body, of whatever type it says they are; unpacked where they came packed. */
export async function readRawBody(request: Request, response: Response): Promise<Buffer> {
  await withinBodyTimeout(read(request, response));
  await request.requireKeyAgain?.(request);
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}
