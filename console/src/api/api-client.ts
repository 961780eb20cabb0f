import type { paths } from '../../../src/shared/api-schema.js';
import { isCutOff, NetworkError, problemOf } from './problems.js';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The paths of the contract that have this method. */
export type PathWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];

type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;

type JsonOf<R> = R extends { content: { 'application/json': infer Body } } ? Body : undefined;

type SuccessOf<O> = O extends { responses: infer R }
  ? { [S in keyof R & (200 | 201 | 202 | 204)]: JsonOf<R[S]> }[keyof R & (200 | 201 | 202 | 204)]
  : never;

/** The body of a successful response. */
export type BodyOf<M extends Method, P extends keyof paths> = SuccessOf<Operation<P, M>>;

export interface RequestOptions {
  /** The values of the placeholders in the path. */
  readonly params?: Readonly<Record<string, string | number>>;
  /** Undefined values are left out; lists are separated by commas. */
  readonly query?: Readonly<Record<string, Scalar | readonly Scalar[] | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** The body of a request with files, in place of `json`. */
  readonly form?: FormData;
  /**
   * Is told how much of `form` is sent, from 0 to 1. Each attempt begins at 0; undefined while the request waits for the next one.
   */
  readonly onProgress?: (fraction: number | undefined) => void;
  /** Of a state-changing request: it is retried with this key while its outcome is unknown. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

type Scalar = string | number | boolean;

export interface ApiResponse<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** What sends a request; a retrying one may send it several times. It rejects if there is no answer. */
export type Send = (
  url: string,
  init: RequestInit & { headers: Record<string, string> } & Pick<RequestOptions, 'onProgress'>,
) => Promise<Response>;

/**
 * The API of the service, typed by its contract.
 *
 * Requests reject with `ApiProblem` if the service refuses them, with `NetworkError` if no answer arrives, and with the reason of their
 * signal if it is aborted.
 */
export class ApiClient {
  /** @param onSignedOut is called when the session is not valid, or not any more. */
  constructor(
    private readonly send: Send,
    private readonly onSignedOut: () => void = () => {},
  ) {}

  get<P extends PathWith<'get'>>(path: P, options?: RequestOptions): Promise<ApiResponse<BodyOf<'get', P>>> {
    return this.request('get', path, options);
  }

  post<P extends PathWith<'post'>>(
    path: P,
    options?: RequestOptions,
  ): Promise<ApiResponse<BodyOf<'post', P>>> {
    return this.request('post', path, options);
  }

  put<P extends PathWith<'put'>>(path: P, options?: RequestOptions): Promise<ApiResponse<BodyOf<'put', P>>> {
    return this.request('put', path, options);
  }

  patch<P extends PathWith<'patch'>>(
    path: P,
    options?: RequestOptions,
  ): Promise<ApiResponse<BodyOf<'patch', P>>> {
    return this.request('patch', path, options);
  }

  delete<P extends PathWith<'delete'>>(
    path: P,
    options?: RequestOptions,
  ): Promise<ApiResponse<BodyOf<'delete', P>>> {
    return this.request('delete', path, options);
  }

  /** The body of a response as it came: of what is no JSON. */
  async bytes(path: PathWith<'get'>, options: RequestOptions = {}): Promise<Uint8Array> {
    const init = { method: 'GET', headers: { ...options.headers }, signal: options.signal };
    const { response, body } = await this.exchange(urlOf(path, options), init, (each) => each.arrayBuffer());
    this.requireSuccess(response, () => new TextDecoder().decode(body));
    return new Uint8Array(body);
  }

  private async request<Body>(
    method: Method,
    path: string,
    options: RequestOptions = {},
  ): Promise<ApiResponse<Body>> {
    const { json, form, idempotencyKey, signal, onProgress } = options;
    const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
    if (json !== undefined) headers['Content-Type'] = 'application/json';
    if (idempotencyKey !== undefined) headers['Idempotency-Key'] = idempotencyKey;
    // The browser sets the type of a form, which contains its boundary.
    const sent = json === undefined ? form : JSON.stringify(json);
    const init = { method: method.toUpperCase(), headers, body: sent, signal, onProgress };
    const { response, body: text } = await this.exchange(urlOf(path, options), init, (each) => each.text());
    this.requireSuccess(response, () => text);
    return { status: response.status, headers: response.headers, body: bodyOf(response, text) as Body };
  }

  /** @throws ApiProblem */
  private requireSuccess(response: Response, text: () => string): void {
    if (response.ok) return;
    const problem = problemOf(response, text());
    if (problem.status === 401) this.onSignedOut();
    throw problem;
  }

  private async exchange<Content>(
    url: string,
    init: Parameters<Send>[1],
    read: (response: Response) => Promise<Content>,
  ): Promise<{ response: Response; body: Content }> {
    try {
      const response = await this.send(url, init);
      return { response, body: await read(response) };
    } catch (error) {
      // A timeout of the caller's is no answer; anything else is the caller's wish.
      const isTimeout = (init.signal?.reason as Error | undefined)?.name === 'TimeoutError';
      if (!isTimeout) init.signal?.throwIfAborted();
      throw new NetworkError({ cause: error });
    }
  }
}

/** @throws NetworkError for a response that is not the API's, such as the page of a Wi-Fi login. */
function bodyOf(response: Response, text: string): unknown {
  if (isCutOff(response, text)) throw new NetworkError();
  return response.status === 204 ? undefined : JSON.parse(text);
}

/** The path with its placeholders filled in, and the query. */
export function urlOf(path: string, { params = {}, query = {} }: RequestOptions): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name]!));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? filled : `${filled}?${text}`;
}
