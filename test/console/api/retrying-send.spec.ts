import { ApiClient, type Send } from '../../../console/src/api/api-client.js';
import { newIdempotencyKey } from '../../../console/src/api/idempotency-key.js';
import { ApiProblem, isOutcomeUnknown, NetworkError } from '../../../console/src/api/problems.js';
import { retryingSend } from '../../../console/src/api/retrying-send.js';
import { VirtualMonotonicClock } from '../../support/virtual-monotonic-clock.js';

const problem =
  (status: number, code: string, headers: Record<string, string> = {}) =>
  () =>
    Response.json(
      { status, code, detail: `${code}.` },
      { status, headers: { ...headers, 'Content-Type': 'application/problem+json' } },
    );
const success = () => Response.json({ id: 42 });
const lost = () => {
  throw new TypeError('Failed to fetch');
};
/** The headers arrive, and the network is lost in the body. */
const cut = () =>
  new Response(
    new ReadableStream({ pull: (controller) => controller.error(new TypeError('network error')) }),
  );
const page = () => new Response('<html>', { status: 502, headers: { 'Content-Type': 'text/html' } });

describe('a request of the console', () => {
  let clock: VirtualMonotonicClock;
  let requests: { readonly key: string | undefined; readonly atMs: number }[];
  let signedOut: number;
  beforeEach(() => {
    clock = new VirtualMonotonicClock();
    requests = [];
    signedOut = 0;
  });

  /** An API that answers so one after the other, and then always as at last. */
  const anApi = (...answers: (() => Response)[]) => {
    const send: Send = async (_url, { headers, signal }) => {
      signal?.throwIfAborted();
      requests.push({ key: headers['Idempotency-Key'], atMs: clock.now() });
      return (answers.length > 1 ? answers.shift()! : answers[0]!)();
    };
    return new ApiClient(retryingSend(send, clock), () => signedOut++);
  };
  const append = (api: ApiClient, signal?: AbortSignal) =>
    api.patch('/api/v1/incidents/{id}', {
      params: { id: 42 },
      json: { description_append: 'a' },
      idempotencyKey: 'key-1',
      signal,
    });
  /** The outcome, however long it takes. */
  const outcomeOf = async (request: Promise<unknown>): Promise<unknown> => {
    const settled = request.then(
      (result) => ({ outcome: result }),
      (error) => ({ outcome: error as unknown }),
    );
    for (;;) {
      const done = await Promise.race([settled, clock.advance(100)]);
      if (done) return done.outcome;
    }
  };

  it.each([
    ['the network is lost', lost],
    ['the response is cut off', cut],
    ['the response is cut off before its body', () => new Response('')],
    ['something else answers', () => new Response('<html>')],
    ['a proxy gets no answer', page],
    ['the service is unavailable', problem(503, 'store.unavailable')],
    ['the outcome is unknown to the service', problem(503, 'store.outcome-unknown')],
    ['the service still works on an earlier attempt', problem(409, 'idempotency.key-in-use')],
    ['there were too many requests', problem(429, 'request.rate-limited')],
  ])('is sent again with the same key if %s', async (_why, failure) => {
    const outcome = await outcomeOf(append(anApi(failure, failure, success)));
    expect(outcome).toMatchObject({ status: 200, body: { id: 42 } });
    expect(requests.map(({ key }) => key)).toEqual(['key-1', 'key-1', 'key-1']);
    expect(requests[2]!.atMs).toBeLessThan(2_000);
  });

  it.each([
    ['incident.closed', 409],
    ['incident.version-mismatch', 412],
    ['request.invalid', 400],
    ['idempotency.key-reused', 422],
  ])('is not sent again if the service refuses it: %s', async (code, status) => {
    const outcome = await outcomeOf(append(anApi(problem(status, code))));
    expect(outcome).toBeInstanceOf(ApiProblem);
    expect(outcome).toMatchObject({ status, code, message: `${code}.` });
    expect(isOutcomeUnknown(outcome)).toBe(false);
    expect(requests).toHaveLength(1);
    expect(signedOut).toBe(0);
  });

  it('waits as long as Retry-After says', async () => {
    await outcomeOf(append(anApi(problem(503, 'service.not-ready', { 'Retry-After': '7' }), success)));
    expect(requests[1]!.atMs).toBeGreaterThanOrEqual(7_000);
  });

  it.each([
    ['no answer arrives', lost, NetworkError],
    ['the service is unavailable', problem(503, 'store.unavailable'), ApiProblem],
  ])('says after a minute that its outcome is unknown if %s', async (_why, failure, kind) => {
    const outcome = await outcomeOf(append(anApi(failure)));
    expect(outcome).toBeInstanceOf(kind);
    expect(isOutcomeUnknown(outcome)).toBe(true);
    expect(clock.now()).toBeGreaterThan(50_000);
    expect(clock.now()).toBeLessThan(62_000);
    expect(requests.length).toBeLessThan(30);
  });

  describe('with files', () => {
    const progress: (number | undefined)[] = [];
    const attach = (api: ApiClient) => {
      progress.length = 0;
      const form = new FormData();
      form.append('file', new File(['bytes'], 'a.png'));
      return api.post('/api/v1/incidents/{id}/attachments', {
        params: { id: 42 },
        form,
        idempotencyKey: 'key-1',
        onProgress: (fraction) => progress.push(fraction),
      });
    };

    it('is sent again for half an hour, with the same form, and says when it waits', async () => {
      const bodies: unknown[] = [];
      const send: Send = async (_url, { body, headers, onProgress }) => {
        expect(headers).not.toHaveProperty('Content-Type');
        bodies.push(body);
        onProgress!(0);
        if (clock.now() < 1_200_000) throw new TypeError('Failed to fetch');
        return success();
      };
      const outcome = await outcomeOf(attach(new ApiClient(retryingSend(send, clock))));
      expect(outcome).toMatchObject({ status: 200 });
      expect(new Set(bodies).size).toBe(1);
      expect(progress.slice(0, 3)).toEqual([0, undefined, 0]);
      expect(progress.at(-1)).toBe(0);
    });

    it('is not sent again on this day once its key has attached as much as it may', async () => {
      const limit = problem(429, 'attachment.daily-limit-reached', { 'Retry-After': '5' });
      const outcome = await outcomeOf(attach(anApi(limit)));
      expect(outcome).toMatchObject({ status: 429, code: 'attachment.daily-limit-reached' });
      expect(requests).toHaveLength(1);
      // A replay of one that was stored would have got its answer.
      expect(isOutcomeUnknown(outcome)).toBe(false);
    });
  });

  it('is sent once if it has no key', async () => {
    const outcome = await outcomeOf(anApi(lost).get('/api/v1/incidents'));
    expect(outcome).toBeInstanceOf(NetworkError);
    expect(requests).toHaveLength(1);
  });

  it('ends when it is no longer wanted', async () => {
    const stop = new AbortController();
    const request = append(anApi(lost), stop.signal);
    await clock.advance(100);
    stop.abort();
    expect(await outcomeOf(request)).toBe(stop.signal.reason);
    expect(requests).toHaveLength(1);
  });

  it('says once that the session has ended', async () => {
    expect(await outcomeOf(append(anApi(problem(401, 'request.unauthorized'))))).toBeInstanceOf(ApiProblem);
    expect([signedOut, requests.length]).toEqual([1, 1]);
  });

  it('fails as if nothing had answered if the answer is a page of something else', async () => {
    expect(await outcomeOf(anApi(() => new Response('<html>')).get('/api/v1/incidents'))).toBeInstanceOf(
      NetworkError,
    );
  });

  it('fails as if nothing had answered after a timeout', async () => {
    const signal = AbortSignal.abort(new DOMException('late', 'TimeoutError'));
    expect(await outcomeOf(anApi(success).get('/api/v1/incidents', { signal }))).toBeInstanceOf(NetworkError);
  });

  it('has a key of its own', () => {
    const keys = Array.from({ length: 100 }, newIdempotencyKey);
    expect(new Set(keys).size).toBe(100);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
  });
});
