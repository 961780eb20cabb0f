import { type Permission, type Role, rolesWith } from '../../../domain/access/role.js';
import type { DomainErrorCode } from '../../../domain/domain-error.js';

/** The stable codes of the problems that HTTP itself brings; the domain has its own. */
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

/** Every problem that a client may get. A new code without a status does not compile. */
export const PROBLEMS = {
  'incident.not-found': { status: 404, title: 'Incident not found' },
  'incident.illegal-transition': { status: 409, title: 'Illegal transition' },
  'incident.description-too-long': { status: 409, title: 'Description too long' },
  'incident.invalid-text': { status: 400, title: 'Invalid text' },
  'incident.version-mismatch': { status: 412, title: 'Precondition failed' },
  'idempotency.key-reused': { status: 422, title: 'Idempotency key reused' },
  'idempotency.key-in-use': { status: 409, title: 'Idempotency key in use' },
  'access-key.not-found': { status: 404, title: 'Access key not found' },
  'access-key.name-taken': { status: 409, title: 'Access key name taken' },
  'access-key.inactive': { status: 409, title: 'Access key inactive' },
  'access-key.in-rotation': { status: 409, title: 'Access key in rotation' },
  'access-key.invalid-expiry': { status: 409, title: 'Invalid expiry' },
  'quarantine.not-found': { status: 404, title: 'Quarantined message not found' },
  'quarantine.already-resolved': { status: 409, title: 'Quarantined message already resolved' },
  'quarantine.retry-failed': { status: 409, title: 'Retry failed' },
  'request.invalid': { status: 400, title: 'Invalid request' },
  'request.malformed': { status: 400, title: 'Malformed request' },
  'request.malformed-body': { status: 400, title: 'Malformed body' },
  'request.unauthorized': { status: 401, title: 'Unauthorized' },
  'request.forbidden': { status: 403, title: 'Forbidden' },
  'request.route-not-found': { status: 404, title: 'Route not found' },
  'request.method-not-allowed': { status: 405, title: 'Method not allowed' },
  'request.precondition-failed': { status: 412, title: 'Precondition failed' },
  'request.expectation-failed': { status: 417, title: 'Expectation failed' },
  'request.not-implemented': { status: 501, title: 'Not implemented' },
  'request.timeout': { status: 408, title: 'Request timeout' },
  'request.headers-too-large': { status: 431, title: 'Headers too large' },
  'request.body-too-large': { status: 413, title: 'Body too large' },
  'request.unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'request.misdirected': { status: 421, title: 'Misdirected request' },
  'request.rate-limited': { status: 429, title: 'Too many requests' },
  'intake.rate-limited': { status: 503, title: 'Too many requests' },
  'store.unavailable': { status: 503, title: 'Service unavailable' },
  'store.outcome-unknown': { status: 503, title: 'Outcome unknown' },
  'service.not-ready': { status: 503, title: 'Service not ready' },
  'service.internal-error': { status: 500, title: 'Internal error' },
} as const satisfies Record<ProblemCode, { status: number; title: string }>;

/** One validation error. */
export interface InputError {
  readonly in: 'body' | 'query' | 'path' | 'header';
  /** A JSON Pointer (RFC 6901) to the member of the body, or to the parameter or header of that name; empty for all of it. */
  readonly pointer: string;
  readonly detail: string;
}

/** The JSON Pointer to the member of this name. */
export const pointerTo = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** A problem that the HTTP layer finds itself. */
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

/** The problem of a request that breaks the contract, with all its validation errors. */
export function invalidRequest(errors: readonly InputError[]): HttpProblem {
  return new HttpProblem('request.invalid', errors.map(({ detail }) => detail).join('; ') + '.', { errors });
}

export const UNAUTHORIZED = new HttpProblem(
  'request.unauthorized',
  'Send a valid access key in X-Access-Key, X-API-Key or Authorization: Bearer.',
  {},
  { 'WWW-Authenticate': 'Bearer realm="incidents"' },
);

const DISJUNCTION = new Intl.ListFormat('en', { type: 'disjunction' });

/** The problem of a key whose role does not have the permission that the route requires. */
export function forbidden(role: Role, permission: Permission): HttpProblem {
  const needed = rolesWith(permission);
  const detail = `The role ${role} does not have this permission; the role must be ${DISJUNCTION.format(needed)}.`;
  return new HttpProblem('request.forbidden', detail, { role, needed });
}

/** The problem of a client that is too fast; see `Intake` for the two codes. */
export function rateLimited(
  detail: string,
  retryAfterSeconds: number,
  { isIntake }: { readonly isIntake: boolean },
): HttpProblem {
  const code = isIntake ? 'intake.rate-limited' : 'request.rate-limited';
  return new HttpProblem(code, detail, {}, { 'Retry-After': String(retryAfterSeconds) });
}

export const STORE_UNAVAILABLE = new HttpProblem(
  'store.unavailable',
  'The database does not answer right now; try again later.',
);

export const OUTCOME_UNKNOWN = new HttpProblem(
  'store.outcome-unknown',
  'The connection to the database was lost before it answered: the request may have taken effect. ' +
    'With an Idempotency-Key it is safe to send it again; without one, check first.',
);
