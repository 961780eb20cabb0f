import type { components } from '../../../shared/api-schema.js';
import { isTransientResponse, retryAfterMs } from '../../../shared/transient-response.js';

type ProblemCode = components['schemas']['ProblemCode'];

/** The API has rejected the request for good: another attempt would get the same answer. */
export class ApiRejection extends Error {
  /** @param code the API's, such as `incident.not-found`; a newer API may have others. */
  constructor(
    readonly code: string,
    detail: string,
    private readonly facts: Readonly<Record<string, unknown>>,
  ) {
    super(detail);
  }

  is(...codes: readonly ProblemCode[]): boolean {
    return codes.some((code) => code === this.code);
  }

  /** The member of the problem with this name. */
  fact(name: string): unknown {
    return this.facts[name];
  }
}

/** There is no final answer yet: the request is to be sent again. */
export class TransientApiError extends Error {
  constructor(
    reason: string,
    /** Whether a person must correct something first: a wrong address, key or role. */
    readonly isMisconfigured: boolean,
    /** The pause that the API asks for, in milliseconds. */
    readonly retryAfterMs = 0,
  ) {
    super(reason);
  }
}

/**
 * The API has failed on the request (500), and says so itself. Another attempt may succeed, but the attempts are bounded: an
 * API that answers so may fail on this request alone, unlike one that is unavailable.
 */
export class ApiFailure extends TransientApiError {}

/** A final answer of the API that is not a rejection. */
export interface ApiResponse {
  readonly body: object;
  readonly headers: Headers;
}

// The API answers so whatever the request is for, if the bot's address, key or role is wrong.
const MISCONFIGURED: ReadonlySet<string> = new Set<ProblemCode>([
  'request.unauthorized',
  'request.forbidden',
  'request.route-not-found',
  'request.method-not-allowed',
]);

const BODY_TOO_LARGE: ProblemCode = 'request.body-too-large';
const REFUSED_BY_PROXY = 'a proxy in front of the API refuses bodies of this size';

/**
 * Separates final answers from others. Final are a JSON document of success, and a problem that names its code: whatever
 * else answers under the API's address, such as a proxy, has not reached the API. A proxy's limit of the size is final, too: nginx
 * refuses more than 1 MB by default, and one photo must not hold up all messages.
 * @throws ApiRejection
 * @throws TransientApiError, or ApiFailure
 */
export function parseResponse({ status, headers }: Response, text: string): ApiResponse {
  const body = parseDocument(text);
  const problem: Record<string, unknown> =
    headers.get('content-type')?.startsWith('application/problem+json') === true ? { ...body } : {};
  const { code, detail, ...facts } = problem;
  const reason = typeof code === 'string' ? `${status} ${code}` : String(status);
  if (status === 500 && typeof code === 'string') {
    throw new ApiFailure(reason, false, retryAfterMs(headers));
  }
  if (isTransientResponse(status, code)) {
    throw new TransientApiError(reason, false, retryAfterMs(headers));
  }
  if (status >= 200 && status < 300 && body !== undefined) return { body, headers };
  if (status === 413 && code === undefined) throw new ApiRejection(BODY_TOO_LARGE, REFUSED_BY_PROXY, {});
  if (status < 400 || typeof code !== 'string' || MISCONFIGURED.has(code))
    throw new TransientApiError(reason, true);
  throw new ApiRejection(code, String(detail), facts);
}

function parseDocument(text: string): object | undefined {
  try {
    const document: unknown = JSON.parse(text);
    return typeof document === 'object' && document !== null ? document : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
