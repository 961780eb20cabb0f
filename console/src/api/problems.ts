import type { components } from '../../../src/shared/api-schema.js';
import { isTransientResponse, retryAfterMs } from '../../../src/shared/transient-response.js';

export type ProblemBody = Partial<components['schemas']['ProblemResponse']>;

/** The service refused a request (RFC 9457). The message is the problem's detail, in English. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly body: ProblemBody,
    /** The pause that the service asks for (Retry-After), in milliseconds. */
    readonly retryAfterMs = 0,
  ) {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
  }

  /** A stable code such as `incident.illegal-transition`. */
  get code(): string {
    return this.body.code ?? '';
  }
}

/** No answer arrived: whether the request had an effect is unknown. */
export class NetworkError extends Error {
  constructor(options?: ErrorOptions) {
    super('no answer', options);
  }
}

/** The error of a request: a refusal, or no answer. @throws the error itself if it is anything else, which is a fault of the page. */
export function requireRequestError(error: unknown): ApiProblem | NetworkError {
  if (error instanceof ApiProblem || error instanceof NetworkError) return error;
  throw error;
}

/** The problem in a response; what stands before the service, such as a proxy, may answer with anything. */
export function problemOf({ status, headers }: Response, text: string): ApiProblem {
  return new ApiProblem(status, problemBody(headers, text), retryAfterMs(headers));
}

function problemBody(headers: Headers, text: string): ProblemBody {
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json') === true;
  // A response that was cut off still has its status.
  return isProblem && isJson(text) ? (JSON.parse(text) as ProblemBody) : {};
}

/** Whether a response of success lacks what the API sends with it: it was cut off, or something else has answered. */
export const isCutOff = ({ ok, status }: Response, text: string): boolean =>
  ok && status !== 204 && !isJson(text);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/**
 * Whether the service has refused a request for good, so that the next one needs another key. Without a session it refuses before it looks
 * the key up, whatever became of an earlier attempt.
 */
export const isFinalRefusal = (error: unknown): boolean =>
  error instanceof ApiProblem &&
  !isOutcomeUnknown(error) &&
  error.code !== '' &&
  error.status !== 401 &&
  error.status !== 403;

/** Whether a request that failed so may have had an effect, or may yet have one: only a replay of it can tell. */
export const isOutcomeUnknown = (error: unknown): boolean =>
  error instanceof NetworkError ||
  (error instanceof ApiProblem && isTransientResponse(error.status, error.code));
