import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { QuarantineFull } from '../../../application/quarantine/quarantine.js';
import { OutcomeUnknown, StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { DomainError } from '../../../domain/domain-error.js';
import { IdempotencyKeyInUse, ReplayedError } from '../../../domain/incident/idempotency.js';
import { REPLAYED } from '../headers/idempotency-key.js';
import { LogThrottle } from '../server/log-throttle.js';
import { HttpProblem, type HttpProblemCode, type ProblemCode, PROBLEMS } from './problems.js';

/** When a client may try again after a 503, in seconds. */
const RETRY_AFTER = '1';

interface Told {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const UNAVAILABLE = {
  code: 'store.unavailable',
  detail: 'The register cannot answer right now; try again later.',
} as const;

const QUARANTINE_FULL = {
  code: 'store.unavailable',
  detail:
    'This cannot be taken in, and the quarantine is full: an operator has to look at it. Send it again later.',
} as const;

const OUTCOME_UNKNOWN = {
  code: 'store.outcome-unknown',
  detail:
    'The register was lost before it answered: the request may have been done. ' +
    'With an Idempotency-Key it can be sent again safely; otherwise look before you do.',
} as const;

const logger = new Logger('Problem');
const unavailable = new LogThrottle<object>((line) => logger.warn(line));

/** What a client is told of an error; what is inside the service is for the log. */
export function toProblem(error: unknown, requestId?: string): Told {
  if (error instanceof HttpProblem) {
    const { code, message: detail, facts, headers } = error;
    return { code, detail, facts, headers };
  }
  if (error instanceof DomainError) {
    const { code, message: detail, facts } = error;
    return { code, detail, facts, headers: headersOf(error) };
  }
  if (error instanceof StoreUnavailable) {
    const reason = `${error.message} ${String(error.cause)}`;
    unavailable.log(reason, { request_id: requestId, msg: reason });
    if (error instanceof QuarantineFull) return QUARANTINE_FULL;
    return error instanceof OutcomeUnknown ? OUTCOME_UNKNOWN : UNAVAILABLE;
  }
  const code = codeOfHttpError(error);
  if (code) return { code, detail: `${(error as Error).message}.` };
  logger.error({ request_id: requestId, err: error, msg: 'a request failed for a reason of our own' });
  return {
    code: 'service.internal-error',
    detail: 'The service failed; the log knows more under this request id.',
  };
}

function headersOf(error: DomainError): Readonly<Record<string, string>> {
  if (error instanceof ReplayedError) return REPLAYED;
  return error instanceof IdempotencyKeyInUse ? { 'Retry-After': RETRY_AFTER } : {};
}

/** Tells every error as a problem (RFC 9457), and nothing of what is inside the service. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const { code, detail, facts, headers } = toProblem(error, request.requestId);
    const { status, title } = PROBLEMS[code];
    if (response.headersSent) {
      // Half an answer is gone already; the only honest end is a broken one.
      response.destroy();
      return;
    }
    if (status === 503) response.setHeader('Retry-After', RETRY_AFTER);
    response
      .status(status)
      .set(headers ?? {})
      .type('application/problem+json')
      .send(
        JSON.stringify({
          type: `urn:incidents:problem:${code}`,
          title,
          status,
          detail,
          instance: request.originalUrl.split('?')[0],
          code,
          request_id: request.requestId,
          ...facts,
        }),
      );
  }
}

const CODE_OF_STATUS: Readonly<Record<number, HttpProblemCode>> = {
  400: 'request.malformed-body',
  408: 'request.timeout',
  413: 'request.body-too-large',
  415: 'request.unsupported-media-type',
};

/** Express, its body parser and Nest have errors of their own for what a client got wrong. */
function codeOfHttpError(error: unknown): HttpProblemCode | undefined {
  if (error instanceof HttpException) return error.getStatus() === 400 ? 'request.invalid' : undefined;
  if (error instanceof URIError) return 'request.invalid';
  const { status } = error as { status?: number };
  return status === undefined ? undefined : CODE_OF_STATUS[status];
}
