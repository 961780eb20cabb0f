import type { DomainErrorCode } from '../../../domain/domain-error.js';

/** The stable names of what can go wrong between a client and the service, outside the domain. */
export type HttpProblemCode =
  | 'request.invalid'
  | 'request.malformed'
  | 'request.malformed-body'
  | 'request.unauthorized'
  | 'request.forbidden'
  | 'request.rate-limited'
  | 'request.misdirected'
  | 'request.route-not-found'
  | 'request.method-not-allowed'
  | 'request.precondition-failed'
  | 'request.expectation-failed'
  | 'request.not-implemented'
  | 'request.timeout'
  | 'request.headers-too-large'
  | 'request.body-too-large'
  | 'request.unsupported-media-type'
  | 'intake.rate-limited'
  | 'store.unavailable'
  | 'store.outcome-unknown'
  | 'service.not-ready'
  | 'service.internal-error';

export type ProblemCode = DomainErrorCode | HttpProblemCode;

/** Every problem that a client can be told of: a new code without a status does not compile. */
export const PROBLEMS = {
  'incident.not-found': { status: 404, title: 'Incident not found' },
  'incident.illegal-transition': { status: 409, title: 'Illegal transition' },
  'incident.description-too-long': { status: 409, title: 'Description is full' },
  'incident.invalid-text': { status: 400, title: 'Invalid text' },
  'incident.version-mismatch': { status: 412, title: 'Precondition failed' },
  'idempotency.key-reused': { status: 422, title: 'Idempotency key reused' },
  'idempotency.key-in-use': { status: 409, title: 'Idempotency key in use' },
  'access-key.not-found': { status: 404, title: 'Access key not found' },
  'access-key.name-taken': { status: 409, title: 'Name is taken' },
  'access-key.inactive': { status: 409, title: 'Access key is not live' },
  'access-key.in-rotation': { status: 409, title: 'Access key is in rotation' },
  'access-key.invalid-expiry': { status: 409, title: 'Invalid expiry' },
  'quarantine.not-found': { status: 404, title: 'Not in the quarantine' },
  'quarantine.already-resolved': { status: 409, title: 'Settled already' },
  'quarantine.retry-failed': { status: 409, title: 'Still unfit' },
  'feed.position-gone': { status: 410, title: 'Position gone' },
  'consumer.not-found': { status: 404, title: 'Consumer not found' },
  'consumer.owned-by-another': { status: 403, title: 'Consumer of another key' },
  'consumer.limit-reached': { status: 409, title: 'Too many consumers' },
  'request.invalid': { status: 400, title: 'Invalid request' },
  'request.malformed': { status: 400, title: 'Malformed request' },
  'request.malformed-body': { status: 400, title: 'Malformed body' },
  'request.unauthorized': { status: 401, title: 'Access key needed' },
  'request.forbidden': { status: 403, title: 'Not allowed' },
  'request.route-not-found': { status: 404, title: 'No such route' },
  'request.method-not-allowed': { status: 405, title: 'Method not allowed' },
  'request.precondition-failed': { status: 412, title: 'Precondition failed' },
  'request.expectation-failed': { status: 417, title: 'Expectation failed' },
  'request.not-implemented': { status: 501, title: 'Not implemented' },
  'request.timeout': { status: 408, title: 'Request took too long' },
  'request.headers-too-large': { status: 431, title: 'Head too large' },
  'request.body-too-large': { status: 413, title: 'Body too large' },
  'request.unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'request.misdirected': { status: 421, title: 'Misdirected request' },
  'request.rate-limited': { status: 429, title: 'Too many requests' },
  'intake.rate-limited': { status: 503, title: 'Too many requests' },
  'store.unavailable': { status: 503, title: 'Register unavailable' },
  'store.outcome-unknown': { status: 503, title: 'Outcome unknown' },
  'service.not-ready': { status: 503, title: 'Service not ready' },
  'service.internal-error': { status: 500, title: 'Internal error' },
} as const satisfies Record<ProblemCode, { status: number; title: string }>;

/** One thing that is wrong with what the client sent. */
export interface InputError {
  readonly in: 'body' | 'query' | 'path' | 'header';
  /** A JSON Pointer (RFC 6901) to the member of the body, or to the parameter or header of that name; empty for the whole. */
  readonly pointer: string;
  readonly detail: string;
}

/** The JSON Pointer to the member of this name. */
export const pointerTo = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** A problem that this layer has found itself. */
export class HttpProblem extends Error {
  constructor(
    readonly code: HttpProblemCode,
    detail: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

/** @returns the problem of a request that breaks the contract, with each breach named. */
export function invalidRequest(errors: readonly InputError[]): HttpProblem {
  return new HttpProblem('request.invalid', errors.map(({ detail }) => detail).join('; ') + '.', { errors });
}
