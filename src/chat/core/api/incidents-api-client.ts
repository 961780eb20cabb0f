import { Logger } from '@nestjs/common';
import { sleepUnlessAborted } from '../../../shared/abort.js';
import { backoffMs } from '../../../shared/backoff.js';
import type { BotHealth } from '../../telegram/bot-health.js';
import type { BotMetrics } from '../../telegram/bot-metrics.js';
import {
  type ApiResponse,
  parseResponse,
  TransientApiError,
  ApiRejection,
  ApiFailure,
} from './incidents-api-responses.js';
import { ShutdownError } from '../../../shared/shutdown-error.js';

/** The API answers within 3 s, if need be that it cannot. */
const TIME_LIMIT = 5_000;

/** In whose name something is asked, and under which idempotency key. */
export interface RequestIdentity {
  readonly key: string;
  readonly actor: string;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** From the version of the API on: `/incidents/42`. */
  readonly path: string;
  readonly body?: object;
  readonly as?: RequestIdentity;
}

/** How often something is tried that fails while the register is there. */
export const MAX_FAILURES = 5;

/** The API has failed on the same request again and again. */
export class GaveUp extends Error {
  constructor(
    readonly question: ApiRequest,
    cause: ApiFailure,
  ) {
    super(`the API has failed on it ${MAX_FAILURES} times (${cause.message})`, { cause });
  }
}

const logger = new Logger('Register');

/** The API over HTTP: one question, and its final answer, however long that takes. */
export class IncidentsApiClient {
  constructor(
    private readonly url: string,
    private readonly accessKey: string,
    private readonly health: BotHealth,
    private readonly metrics: BotMetrics,
    /** Ends what is under way, and the waiting for an API that is away. */
    private readonly stop: AbortSignal,
  ) {}

  /**
   * Asks until there is a final answer, with growing pauses.
   * @param read what is in the answer; undefined where it cannot be the API's.
   * @throws Refused
   * @throws GaveUp where the API fails on the question again and again.
   * @throws Stopped where the bot is told to stop before there is a final answer.
   */
  async ask<Result>(
    question: ApiRequest,
    read: (answered: ApiResponse) => Result | undefined,
  ): Promise<Result> {
    let registerFailures = 0;
    for (let failures = 1; ; failures++) {
      try {
        const result = read(await this.askOnce(question));
        if (result !== undefined) return result;
        throw this.notNow(new TransientApiError('an answer that is not the API’s', true));
      } catch (error) {
        if (!(error instanceof TransientApiError)) throw error;
        if (error instanceof ApiFailure && ++registerFailures === MAX_FAILURES)
          throw new GaveUp(question, error);
        this.metrics.retries.inc({ service: 'register' });
        if (!(await sleepUnlessAborted(backoffMs(failures, { retryAfterMs: error.retryAfter }), this.stop)))
          throw new ShutdownError();
      }
    }
  }

  /**
   * Asks once, and takes note of whether the API answers.
   * @throws Refused
   * @throws TransientApiError
   * @throws Stopped where the bot is told to stop meanwhile: whatever has its key can be asked again.
   */
  async askOnce(question: ApiRequest): Promise<ApiResponse> {
    try {
      const answered = await this.exchange(question);
      this.health.registerAnswered();
      return answered;
    } catch (error) {
      if (error instanceof TransientApiError) throw this.notNow(error);
      if (!(error instanceof ApiRejection)) throw error;
      this.health.registerAnswered();
      throw error;
    }
  }

  private notNow(error: TransientApiError): TransientApiError {
    this.health.registerAway(error.message);
    if (error.isMisconfigured) {
      logger.error(
        `the API does not serve this bot (${error.message}): look at API_URL and API_KEY; waiting`,
      );
    } else {
      logger.warn(`the API has no answer yet (${error.message}); waiting`);
    }
    return error;
  }

  private async exchange({ method, path, body, as }: ApiRequest): Promise<ApiResponse> {
    const headers: Record<string, string> = { 'X-Access-Key': this.accessKey };
    if (body) headers['Content-Type'] = 'application/json';
    if (as) {
      headers['Idempotency-Key'] = as.key;
      headers['X-Actor'] = encodeURIComponent(as.actor);
      headers['X-Channel'] = 'telegram';
    }
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.url}/api/v1${path}`, {
        method,
        headers,
        body: body && JSON.stringify(body),
        // An API does not move: what leads elsewhere is not it.
        redirect: 'manual',
        signal: AbortSignal.any([this.stop, AbortSignal.timeout(TIME_LIMIT)]),
      });
      text = await response.text();
    } catch (error) {
      if (this.stop.aborted) throw new ShutdownError();
      throw new TransientApiError(reasonOf(error), false);
    }
    return parseResponse(response, text);
  }
}

/** Why a request got no answer. @throws what is no failure of the network. */
function reasonOf(error: unknown): string {
  const { name, cause } = error as Error;
  if (name === 'TimeoutError') return `no answer in ${TIME_LIMIT} ms`;
  // What fetch says of the network has a cause, what it says of its arguments has none.
  if (name !== 'TypeError' || cause === undefined) throw error;
  const { code, message } = cause as NodeJS.ErrnoException;
  return code ?? message;
}
