import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Request } from 'express';
import { ObjectStoreUnavailable } from '../../../application/attachments/attachment-repository.js';
import { TemporaryFilesUnavailable } from '../../../application/attachments/temporary-files.js';
import { QuarantineFull } from '../../../application/quarantine/quarantine.js';
import { OutcomeUnknown, StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { DailyLimitReached } from '../../../domain/attachments/attachment-errors.js';
import { DomainError } from '../../../domain/domain-error.js';
import { IdempotencyKeyInUse, ReplayedError } from '../../../domain/incident/idempotency.js';
import { REPLAYED } from '../headers/idempotency-key.js';
import { LogThrottle } from '../server/log-throttle.js';
import {
  HttpProblem,
  type HttpProblemCode,
  OUTCOME_UNKNOWN,
  type Problem,
  problemBody,
  PROBLEMS,
  STORE_UNAVAILABLE,
} from './problems.js';
import { requestOf } from '../server/request-context.js';

/** When a client may try again after a 503. */
const RETRY_AFTER_SECONDS = '1';

const QUARANTINE_FULL = new HttpProblem(
  'store.unavailable',
  'The message is invalid, and the quarantine is full until an operator has resolved some of it; try again later.',
);

const NO_TEMPORARY_FILES = new HttpProblem(
  'store.unavailable',
  'There is no room for the files right now; try again later.',
);

const NO_OBJECT_STORE = new HttpProblem(
  'store.unavailable',
  'Files can neither be stored nor read right now; try again later.',
);

const logger = new Logger('Problem');
const unavailableLog = new LogThrottle<object>((line) => logger.warn(line));

/** The problem that a client gets for an error. Internals of the service go to the log only. */
export function toProblem(error: unknown, requestId?: string): Problem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof DomainError) {
    const { code, message, facts } = error;
    return { code, message, facts, headers: headersOf(error) };
  }
  if (error instanceof StoreUnavailable) {
    const reason = `${error.message} ${String(error.cause)}`;
    unavailableLog.log(reason, { request_id: requestId, msg: reason });
    if (error instanceof QuarantineFull) return QUARANTINE_FULL;
    if (error instanceof TemporaryFilesUnavailable) return NO_TEMPORARY_FILES;
    if (error instanceof ObjectStoreUnavailable) return NO_OBJECT_STORE;
    return error instanceof OutcomeUnknown ? OUTCOME_UNKNOWN : STORE_UNAVAILABLE;
  }
  const code = codeOfHttpError(error);
  if (code) return { code, message: `${(error as Error).message}.` };
  logger.error({ request_id: requestId, err: error, msg: 'a request failed with an internal error' });
  return { code: 'service.internal-error', message: 'Internal error; see the log for this request_id.' };
}

function headersOf(error: DomainError): Readonly<Record<string, string>> {
  if (error instanceof ReplayedError) return REPLAYED;
  if (error instanceof DailyLimitReached) return { 'Retry-After': String(error.retryAfterSeconds) };
  return error instanceof IdempotencyKeyInUse ? { 'Retry-After': RETRY_AFTER_SECONDS } : {};
}

/** An answer to a problem. */
export interface RenderedProblem {
  /** By default, that of the problem in `PROBLEMS`. */
  readonly status?: number;
  readonly type: string;
  readonly body: object;
}

/** Answers every error with a problem (RFC 9457) that shows no internals of the service. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const request = requestOf(host);
    const response = request.res!;
    const problem = toProblem(error, request.requestId);
    const { status } = PROBLEMS[problem.code];
    if (response.headersSent) {
      // Half of the answer is sent already: breaking it off is the only way to show the failure.
      response.destroy();
      return;
    }
    if (status === 503) response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
    const { type, body, ...rendered } = this.render(problem, request);
    response
      .status(rendered.status ?? status)
      .set(problem.headers ?? {})
      .type(type)
      .send(JSON.stringify(body));
  }

  /** The answer to a problem; routes whose clients expect another format override it. */
  protected render(problem: Problem, request: Request): RenderedProblem {
    const instance: string = request.hasTokenInPath ? request.route.path : request.originalUrl.split('?')[0]!;
    const body = problemBody(problem, instance, request.requestId);
    return { type: 'application/problem+json', body };
  }
}

const CODE_OF_STATUS: Readonly<Record<number, HttpProblemCode>> = {
  400: 'request.malformed-body',
  408: 'request.timeout',
  413: 'request.body-too-large',
  415: 'request.unsupported-media-type',
};

/** Express and Nest have their own errors for invalid requests. */
function codeOfHttpError(error: unknown): HttpProblemCode | undefined {
  if (error instanceof HttpException) return error.getStatus() === 400 ? 'request.invalid' : undefined;
  if (error instanceof URIError) return 'request.invalid';
  const { status } = error as { status?: number };
  return status === undefined ? undefined : CODE_OF_STATUS[status];
}
