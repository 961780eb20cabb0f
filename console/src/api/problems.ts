import type { components } from '../../../src/shared/api-schema.js';

export type ProblemBody = Partial<components['schemas']['ProblemResponse']>;

/** The service refused a request (RFC 9457). The message is the problem's detail, in English. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly body: ProblemBody,
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

/** The problem in a response; what stands before the service, such as a proxy, may answer with anything. */
export async function problemIn(response: Response): Promise<ApiProblem> {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
  const body = isProblem ? ((await response.json()) as ProblemBody) : {};
  return new ApiProblem(response.status, body);
}
