import { type Permission, type Role, rolesWith } from '../../../domain/access/role.js';
import type { DomainErrorCode } from '../../../domain/domain-error.js';

/** Every problem that a client may get. Codes are stable. An error of the domain without a status does not compile. */
export const PROBLEMS = {
  /** No incident has this id, or no request of this access key used this idempotency key. */
  'incident.not-found': { status: 404, title: 'Incident not found' },
  /** The status cannot change this way; see `current`, `requested` and `allowed`. */
  'incident.illegal-transition': { status: 409, title: 'Illegal transition' },
  /** The incident does not have the status in `from`. */
  'incident.unexpected-status': { status: 409, title: 'Unexpected status' },
  /** The incident is CLOSED, so its assignee and its urgency do not change. */
  'incident.closed': { status: 409, title: 'Incident closed' },
  /** The incident in `duplicate_of` is itself a duplicate of the incident in the path. */
  'incident.duplicate-cycle': { status: 409, title: 'Duplicate cycle' },
  /** The incident is a duplicate of another one already; see `duplicate_of`. */
  'incident.already-duplicate': { status: 409, title: 'Already a duplicate' },
  /** No incident has the id in `duplicate_of`. */
  'incident.original-not-found': { status: 409, title: 'Original not found' },
  /** The description would exceed 100,000 characters. */
  'incident.description-too-long': { status: 409, title: 'Description too long' },
  /** A text is blank or too long; requests over HTTP get `request.invalid` instead. */
  'incident.invalid-text': { status: 400, title: 'Invalid text' },
  /** `If-Match` or `If-None-Match` does not hold for the incident. */
  'incident.version-mismatch': { status: 412, title: 'Precondition failed' },
  /** The key belongs to an earlier request with another body or precondition. */
  'idempotency.key-reused': { status: 422, title: 'Idempotency key reused' },
  /** The first request with this key is still in flight; retry after `Retry-After` seconds. */
  'idempotency.key-in-use': { status: 409, title: 'Idempotency key in use' },
  /** No access key has this id. */
  'access-key.not-found': { status: 404, title: 'Access key not found' },
  /** An active key has this name. */
  'access-key.name-taken': { status: 409, title: 'Access key name taken' },
  /** The key is revoked or has expired. */
  'access-key.inactive': { status: 409, title: 'Access key inactive' },
  /** Two active keys have this name already; revoke one of them first. */
  'access-key.in-rotation': { status: 409, title: 'Access key in rotation' },
  /** `expires_at` is not in the future. */
  'access-key.invalid-expiry': { status: 409, title: 'Invalid expiry' },
  /** The quarantine has no message with this id. */
  'quarantine.not-found': { status: 404, title: 'Quarantined message not found' },
  /** The message is not pending: it was retried or dismissed before. */
  'quarantine.already-resolved': { status: 409, title: 'Quarantined message already resolved' },
  /** The message still cannot be accepted; `detail` says why. */
  'quarantine.retry-failed': { status: 409, title: 'Retry failed' },
  /** Events after the position were trimmed, or it is from an earlier epoch; see `oldest` and `latest`. */
  'feed.position-gone': { status: 410, title: 'Position gone' },
  /** No consumer has this name. */
  'consumer.not-found': { status: 404, title: 'Consumer not found' },
  /** Another access key created the consumer: only that key or an administrator may change it. */
  'consumer.owned-by-another': { status: 403, title: 'Consumer of another key' },
  /** Another holder has stored the position of the consumer within 30 s, and has not ended that. */
  'consumer.held-by-another': { status: 409, title: 'Consumer held by another' },
  /** The number of consumers is limited: delete one that is not in use. */
  'consumer.limit-reached': { status: 409, title: 'Too many consumers' },
  /** The incident has no attachment of this number. */
  'attachment.not-found': { status: 404, title: 'Attachment not found' },
  /** A file exceeds 20 MiB; see `limit`. */
  'attachment.file-too-large': { status: 413, title: 'File too large' },
  /** The request has more than 10 files; see `limit`. */
  'attachment.too-many-files': { status: 413, title: 'Too many files' },
  /** The incident would have more than 100 attachments; see `limit`. */
  'attachment.limit-reached': { status: 409, title: 'Too many attachments' },
  /**
   * The access key has attached as much today, in UTC, as `ATTACHMENTS_DAILY_MIB` allows; see `limit`. Retry after `Retry-After`
   * seconds.
   */
  'attachment.daily-limit-reached': { status: 429, title: 'Daily limit reached' },
  /** The metadata of an image cannot be removed: it is broken, or has more than 64 million pixels. */
  'attachment.unreadable-image': { status: 415, title: 'Unreadable image' },
  /** Only JPEG, PNG and WebP images that can be decoded have previews. */
  'attachment.no-preview': { status: 404, title: 'No preview' },
  /** The source or chat has no policy of its own. */
  'policy.not-found': { status: 404, title: 'Policy not found' },
  /** The number of policies is limited: delete one that is not in use. */
  'policy.limit-reached': { status: 409, title: 'Too many policies' },
  /** No heartbeat has this name or this ping URL. */
  'heartbeat.not-found': { status: 404, title: 'Heartbeat not found' },
  /** Another request or command imports the same file now. */
  'import.in-progress': { status: 409, title: 'Import in progress' },
  /** Rows of the file were imported with other settings before; correct the rejected ones in a file of their own. */
  'import.other-settings': { status: 409, title: 'Imported with other settings' },
  /** The file does not have the format, is damaged, or has no column for the description. */
  'import.unreadable-file': { status: 422, title: 'Unreadable file' },
  /**
   * A wrong value, an unknown field or parameter, an id that is not a positive integer, or a date outside
   * the years 1 to 9999 in UTC; see `errors`.
   */
  'request.invalid': { status: 400, title: 'Invalid request' },
  /** The message is not HTTP/1.1: for example, no `Host` header or two of them. */
  'request.malformed': { status: 400, title: 'Malformed request' },
  /**
   * Broken JSON, a duplicate member in an object, more than 32 levels of nesting, or text that is not UTF-8.
   * A byte order mark is ignored.
   */
  'request.malformed-body': { status: 400, title: 'Malformed body' },
  /** The key is accepted only with a signature: see [Signed requests](signing.md). */
  'access-key.signature-required': { status: 401, title: 'Signature required' },
  /** The key has a public key, and `public_key` of the one that replaces it is missing. */
  'access-key.public-key-required': { status: 409, title: 'Public key required' },
  /** The key is accepted only with a signature, so it opens no session. */
  'access-key.signed-only': { status: 409, title: 'Access key for signatures only' },
  /**
   * `Signature-Input`, `Signature` or `Content-Digest` is no structured field, has more than one signature, or a duplicate or
   * unknown parameter.
   */
  'signature.malformed': { status: 400, title: 'Malformed signature' },
  /**
   * The signature or the digest does not match the request, covers too little, is older than 60 s or from the future, or is of no
   * active key; see [Signed requests](signing.md).
   */
  'signature.invalid': { status: 401, title: 'Invalid signature' },
  /** A signature with this `nonce` was accepted before. Sign again; a replay takes its own signature too. */
  'signature.nonce-reused': { status: 401, title: 'Nonce reused' },
  /** The access key is missing, unknown, expired or revoked, or the session has ended. */
  'request.unauthorized': { status: 401, title: 'Unauthorized' },
  /** The role of the key may not do this; see `role` and `needed`. */
  'request.forbidden': { status: 403, title: 'Forbidden' },
  /** A change by a session, that a page of another site may have sent; see [Sessions](security.md#sessions). */
  'request.cross-origin': { status: 403, title: 'Cross-origin request' },
  /** No route has this path. */
  'request.route-not-found': { status: 404, title: 'Route not found' },
  /** The path does not support this method; see `Allow`. */
  'request.method-not-allowed': { status: 405, title: 'Method not allowed' },
  /** A report with `If-None-Match: *`, or with `If-Match` and an entity tag: the list of incidents has no entity tag. */
  'request.precondition-failed': { status: 412, title: 'Precondition failed' },
  /** `Expect` contains anything but `100-continue`. */
  'request.expectation-failed': { status: 417, title: 'Expectation failed' },
  /** A transfer coding other than `chunked`, or the method `CONNECT`. */
  'request.not-implemented': { status: 501, title: 'Not implemented' },
  /** The request did not arrive in time. */
  'request.timeout': { status: 408, title: 'Request timeout' },
  /** The request line and headers exceed 16 KiB. */
  'request.headers-too-large': { status: 431, title: 'Headers too large' },
  /** The body exceeds 256 KiB; for webhooks, `MAX_WEBHOOK_BODY_MIB`. */
  'request.body-too-large': { status: 413, title: 'Body too large' },
  /** No part of the file is in `Range`; see `Content-Range` for its size. */
  'request.range-not-satisfiable': { status: 416, title: 'Range not satisfiable' },
  /** The content type is not one that the route accepts, such as `application/json` in UTF-8. */
  'request.unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  /** In development, the `Host` header does not name this machine; with `NODE_ENV=production` any is accepted. */
  'request.misdirected': { status: 421, title: 'Misdirected request' },
  /** Too many requests of this access key, or too many attempts without a valid one; retry after `Retry-After` seconds. */
  'request.rate-limited': { status: 429, title: 'Too many requests' },
  /** The same on routes that accept reports: senders such as Alertmanager retry a 503 and drop what gets a 429. */
  'intake.rate-limited': { status: 503, title: 'Too many requests' },
  /** The database is unreachable or too busy; retry after `Retry-After` seconds. */
  'store.unavailable': { status: 503, title: 'Service unavailable' },
  /**
   * The connection to the database was lost before it confirmed a change, which may have been committed.
   * With an `Idempotency-Key`, send the request again.
   */
  'store.outcome-unknown': { status: 503, title: 'Outcome unknown' },
  /** A health check fails; see `checks`. */
  'service.not-ready': { status: 503, title: 'Service not ready' },
  /** A fault of the service; see the log for this `request_id`. */
  'service.internal-error': { status: 500, title: 'Internal error' },
} as const satisfies Record<DomainErrorCode, Entry> & Record<string, Entry>;

interface Entry {
  readonly status: number;
  readonly title: string;
}

export type ProblemCode = keyof typeof PROBLEMS;

/** The codes of the problems that HTTP itself brings. */
export type HttpProblemCode = Exclude<ProblemCode, DomainErrorCode>;

/** One validation error. */
interface InputError {
  readonly in: 'body' | 'query' | 'path' | 'header';
  /** A JSON Pointer (RFC 6901) to the member of the body, or to the parameter or header of that name; empty for all of it. */
  readonly pointer: string;
  readonly detail: string;
}

/** @param name of the wrong member, parameter or header; undefined for all of that part of the request. */
export function inputError(part: InputError['in'], name: string | undefined, detail: string): InputError {
  const pointer = name === undefined ? '' : `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return { in: part, pointer, detail };
}

/** What a client gets of an error. */
export interface Problem {
  readonly code: ProblemCode;
  /** What is wrong in this case, for people. */
  readonly message: string;
  /** Further members, which depend on the code. */
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A problem that the HTTP layer finds itself. */
export class HttpProblem extends Error implements Problem {
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

/** The problem of a request with one wrong value: see `inputError`. */
export function invalidInput(...error: Parameters<typeof inputError>): HttpProblem {
  return invalidRequest([inputError(...error)]);
}

export const UNAUTHORIZED = new HttpProblem(
  'request.unauthorized',
  'Send a valid access key in X-Access-Key, X-API-Key or Authorization: Bearer.',
  {},
  { 'WWW-Authenticate': 'Bearer realm="incidents"' },
);

export const CROSS_ORIGIN = new HttpProblem(
  'request.cross-origin',
  'A session changes something only for pages of this host: Sec-Fetch-Site must be same-origin or, without it, Origin the host of ' +
    'the request. A proxy must pass on Host.',
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

/**
 * The members of a problem in an answer (RFC 9457).
 * @param instance the path of the request.
 */
export function problemBody({ code, message, facts }: Problem, instance: string, requestId: string) {
  const { status, title } = PROBLEMS[code];
  const type = `urn:incidents:problem:${code}`;
  return { type, title, status, detail: message, instance, code, request_id: requestId, ...facts };
}
