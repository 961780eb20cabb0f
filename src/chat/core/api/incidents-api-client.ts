import { Logger } from '@nestjs/common';
import { retryWithBackoff } from '../../../shared/backoff.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';
import type { MonotonicClock } from '../../../shared/time/monotonic-clock.js';
import { FileForm, FileInterrupted, type OpenFile } from './file-form.js';
import type { DependencyHealth, RetryMetrics } from './monitoring-ports.js';
import { networkFailure } from './network-failure.js';
import {
  type ApiResponse,
  parseResponse,
  TransientApiError,
  ApiRejection,
  ApiFailure,
} from './incidents-api-responses.js';

/** The API answers within 3 s, even if only that it is unavailable. */
const REQUEST_TIMEOUT_MS = 5_000;

/** The API gives a file so long to arrive. */
const FILE_TIMEOUT_MS = 600_000;

/** Who sends a request, and its idempotency key. */
export interface RequestIdentity {
  readonly key: string;
  readonly actor: string;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** Without the version of the API: `/incidents/42`. */
  readonly path: string;
  readonly body?: object;
  /** Opens the file that is sent in place of a body: for each attempt again. What it throws ends the request. */
  readonly openFile?: () => Promise<OpenFile>;
  readonly identity?: RequestIdentity;
  /** Who sends a request without a key. */
  readonly actor?: string;
  /** The ETag that the incident must have. */
  readonly ifMatch?: string;
  /** `*` lets no version through: see `IncidentsApi.consumeKey`. */
  readonly ifNoneMatch?: '*';
  /** How long the API may wait for something to answer. */
  readonly waitSeconds?: number;
  /** Whether it is sent, once, even if the bot is stopped: it stores what has happened already. */
  readonly outlivesStop?: boolean;
}

/** How often a request is sent that the API answers with a failure (500). */
export const MAX_FAILURES = 5;

/** The API has failed on the same request again and again. */
export class RetriesExhausted extends Error {
  constructor(
    readonly request: ApiRequest,
    cause: ApiFailure,
  ) {
    super(`the API has failed on it ${MAX_FAILURES} times (${cause.message})`, { cause });
  }
}

/** Where the API is, with the path that a proxy puts in front of it, and the access key for it. */
export interface ApiAddress {
  readonly url: string;
  readonly accessKey: string;
}

const logger = new Logger('ApiClient');

/** The API over HTTP: sends a request until it has a final answer, however long that takes. */
export class IncidentsApiClient {
  constructor(
    private readonly address: ApiAddress,
    private readonly health: DependencyHealth,
    private readonly metrics: RetryMetrics,
    /** Aborts the request in flight, and the pauses while the API is unavailable. */
    private readonly stop: AbortSignal,
    private readonly clock: MonotonicClock,
    private readonly requestTimeoutMs = REQUEST_TIMEOUT_MS,
  ) {}

  /**
   * Sends a request until there is a final answer, with growing pauses.
   * @param parse the result of a response; undefined where the response cannot be the API's.
   * @throws ApiRejection
   * @throws RetriesExhausted if the API fails on the request again and again.
   * @throws ShutdownError if the bot is stopped before there is a final answer.
   */
  async send<Result>(
    request: ApiRequest,
    parse: (response: ApiResponse) => Result | undefined,
  ): Promise<Result> {
    let apiFailures = 0;
    const attempt = async () => {
      const result = parse(await this.sendOnce(request));
      if (result !== undefined) return result;
      throw this.recorded(new TransientApiError('a response that is not the API’s', true));
    };
    const onFailure = (error: unknown) => {
      // Whoever reads the file has logged and counted it.
      if (error instanceof FileInterrupted) return 0;
      if (!(error instanceof TransientApiError)) throw error;
      if (error instanceof ApiFailure && ++apiFailures === MAX_FAILURES)
        throw new RetriesExhausted(request, error);
      this.metrics.retried('api');
      return error.retryAfterMs;
    };
    return retryWithBackoff(attempt, { stop: this.stop, onFailure, clock: this.clock });
  }

  /**
   * Sends a request once, and records whether the API answers.
   * @throws ApiRejection
   * @throws TransientApiError
   * @throws ShutdownError if the bot is stopped meanwhile: a request with a key can be sent again.
   */
  async sendOnce(request: ApiRequest): Promise<ApiResponse> {
    try {
      const response = await this.exchange(request);
      this.health.answered('api');
      return response;
    } catch (error) {
      if (error instanceof TransientApiError) throw this.recorded(error);
      if (error instanceof ApiRejection) this.health.answered('api');
      throw error;
    }
  }

  private recorded(error: TransientApiError): TransientApiError {
    this.health.unavailable('api', error.message);
    if (error.isMisconfigured) {
      logger.error(`the API does not serve this bot (${error.message}): check API_URL and API_KEY; retrying`);
    } else {
      logger.warn(`the API is unavailable (${error.message}); retrying`);
    }
    return error;
  }

  private async exchange(request: ApiRequest): Promise<ApiResponse> {
    const form = request.openFile && new FileForm(await request.openFile());
    try {
      return await this.exchangeWith(request, form);
    } finally {
      form?.close();
    }
  }

  private async exchangeWith(request: ApiRequest, form: FileForm | undefined): Promise<ApiResponse> {
    const {
      method,
      path,
      body,
      identity,
      actor = identity?.actor,
      ifMatch,
      ifNoneMatch,
      waitSeconds = 0,
    } = request;
    const timeoutMs = (form ? FILE_TIMEOUT_MS : this.requestTimeoutMs) + waitSeconds * 1_000;
    const timeout = AbortSignal.timeout(timeoutMs);
    const headers: Record<string, string> = { 'X-Access-Key': this.address.accessKey };
    if (body) headers['Content-Type'] = 'application/json';
    if (form) headers['Content-Type'] = form.contentType;
    if (ifMatch) headers['If-Match'] = ifMatch;
    if (ifNoneMatch) headers['If-None-Match'] = ifNoneMatch;
    if (identity) headers['Idempotency-Key'] = identity.key;
    if (actor !== undefined) {
      headers['X-Actor'] = encodeURIComponent(actor);
      headers['X-Channel'] = 'telegram';
    }
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.address.url}/api/v1${path}`, {
        method,
        headers,
        body: form ? form.bytes() : body && JSON.stringify(body),
        // Required of a body that is read while it is sent.
        ...(form && { duplex: 'half' as const }),
        // The API never redirects: a redirect comes from something else.
        redirect: 'manual',
        signal: request.outlivesStop ? timeout : AbortSignal.any([this.stop, timeout]),
      });
      text = await response.text();
    } catch (error) {
      if (this.stop.aborted) throw new ShutdownError();
      // It is not the API that has failed.
      if (form?.failure) throw form.failure;
      throw new TransientApiError(networkFailure(error, timeoutMs), false);
    }
    return parseResponse(response, text);
  }
}
