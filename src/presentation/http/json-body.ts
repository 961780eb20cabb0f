import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import express, { type Request, type Response } from 'express';
import { HttpProblem } from './problems.js';
import { StrictPipe } from './strict.pipe.js';

/** The longest body that is read, in bytes: room for 10,000 characters however they are escaped. */
export const MAX_BODY = 256 * 1024;

const parse = promisify(
  express.json({
    limit: MAX_BODY,
    // The parser would replace what is not UTF-8 by U+FFFD, and so change a report silently.
    verify: (_request, _response, buffer, encoding) => {
      if (encoding !== 'utf-8') {
        throw new HttpProblem('request.unsupported-media-type', `JSON comes in UTF-8, not in ${encoding}.`);
      }
      if (!isUtf8(buffer)) throw new HttpProblem('request.malformed-body', 'The body is not valid UTF-8.');
    },
  }) as (request: Request, response: Response, next: (error?: unknown) => void) => void,
);

const readJson = createParamDecorator(async (_: unknown, context: ExecutionContext): Promise<unknown> => {
  const request = context.switchToHttp().getRequest<Request>();
  if (request.is('application/json') === false) {
    const given = request.headers['content-type'];
    throw new HttpProblem(
      'request.unsupported-media-type',
      `The body must be application/json${given ? `, not ${given}` : ''}.`,
    );
  }
  await parse(request, context.switchToHttp().getResponse<Response>());
  return request.body;
});

/**
 * The request's JSON body, checked against the parameter's class. It is read here, after the guard has let the
 * request in: nothing is read from a client without a key.
 */
export const JsonBody = () => readJson(new StrictPipe('body'));
