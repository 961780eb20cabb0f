/** The register has refused for good: another try would get the same answer. */
export class ApiRejection extends Error {
  constructor(
    /** What the API calls it, such as `incident.not-found`. */
    readonly code: string,
    detail: string,
    private readonly facts: Readonly<Record<string, unknown>>,
  ) {
    super(detail);
  }

  /** What the API says of the refusal under this name, where that is a text. */
  fact(name: string): string | undefined {
    const value = this.facts[name];
    return typeof value === 'string' ? value : undefined;
  }
}

/** There is no answer to what was asked yet: try again. */
export class TransientApiError extends Error {
  constructor(
    reason: string,
    /** Whether a person must mend something first: a wrong address, key or role. */
    readonly isMisconfigured: boolean,
    /** How long the register asks to be left alone, in milliseconds. */
    readonly retryAfter = 0,
  ) {
    super(reason);
  }
}

/**
 * The API has failed on what it was asked (500), and says so itself. Another try may get another answer, but not for ever:
 * unlike an API that is away, one that answers so may fail on this request alone.
 */
export class ApiFailure extends TransientApiError {}

/** A final answer of the register that is not a refusal. */
export interface ApiResponse {
  readonly body: object;
  readonly headers: Headers;
}

// What the API answers, of whatever was asked, where it was not asked in the right way.
const MISCONFIGURED = new Set([
  'request.unauthorized',
  'request.forbidden',
  'request.route-not-found',
  'request.method-not-allowed',
]);
const LATER = new Set([408, 425, 429]);

/**
 * Tells final answers from those that are none. Final are a JSON document of success, and a problem that names its
 * code: whatever else answers under the API's address, such as a proxy, has not seen the register.
 * @throws Refused
 * @throws TransientApiError, or ApiFailure
 */
export function parseResponse({ status, headers }: Response, text: string): ApiResponse {
  const body = documentIn(text);
  const problem: Record<string, unknown> =
    headers.get('content-type')?.startsWith('application/problem+json') === true ? { ...body } : {};
  const { code, detail, ...facts } = problem;
  const said = typeof code === 'string' ? `${status} ${code}` : String(status);
  if (status === 500 && typeof code === 'string') {
    throw new ApiFailure(said, false, retryAfterOf(headers));
  }
  if (status >= 500 || LATER.has(status) || code === 'idempotency.key-in-use') {
    throw new TransientApiError(said, false, retryAfterOf(headers));
  }
  if (status >= 200 && status < 300 && body !== undefined) return { body, headers };
  if (status < 400 || typeof code !== 'string' || MISCONFIGURED.has(code))
    throw new TransientApiError(said, true);
  throw new ApiRejection(code, String(detail), facts);
}

function documentIn(text: string): object | undefined {
  try {
    const document: unknown = JSON.parse(text);
    return typeof document === 'object' && document !== null ? document : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function retryAfterOf(headers: Headers): number {
  const seconds = Number(headers.get('retry-after') ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0;
}
