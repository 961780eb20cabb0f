import {
  parseResponse,
  TransientApiError,
  ApiRejection,
  ApiFailure,
} from '../../../src/chat/core/api/incidents-api-responses.js';

const PROBLEM = 'application/problem+json; charset=utf-8';

/** The body of a parsed response, or the error. */
function read(status: number, body: unknown, type = PROBLEM, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = new Response(null, { status, headers: { 'Content-Type': type, ...headers } });
  try {
    return parseResponse(response, text).body;
  } catch (error) {
    return error;
  }
}

const problem = (code: string) => ({ code, detail: 'Why.', current: 'NEW' });

describe('a response from the address of the API', () => {
  it('is final if it is the JSON of a success', () =>
    expect(read(201, { id: 1 }, 'application/json')).toEqual({ id: 1 }));

  it.each([
    [400, 'request.invalid'],
    [404, 'incident.not-found'],
    [409, 'incident.illegal-transition'],
    [413, 'request.body-too-large'],
    [422, 'idempotency.key-reused'],
  ])('is a rejection if it is %i %s', (status, code) => {
    const rejection = read(status, problem(code)) as ApiRejection;
    expect(rejection).toBeInstanceOf(ApiRejection);
    expect(rejection).toMatchObject({ code, message: 'Why.' });
    expect([rejection.fact('current'), rejection.fact('allowed')]).toEqual(['NEW', undefined]);
  });

  it.each([
    ['an unavailable service', 503, problem('store.unavailable'), PROBLEM],
    ['a failure', 500, problem('service.internal-error'), PROBLEM],
    ['a failure of something before the API', 500, '<html>', 'text/html'],
    ['a proxy without a service', 502, '<html>', 'text/html'],
    ['a limit', 429, problem('request.rate-limited'), PROBLEM],
    ['a request that took too long', 408, problem('request.timeout'), PROBLEM],
    ['the same request in flight', 409, problem('idempotency.key-in-use'), PROBLEM],
  ])('leads to another attempt: %s', (_, status, body, type) => {
    const transient = read(status, body, type, { 'Retry-After': '7' }) as TransientApiError;
    expect(transient).toBeInstanceOf(TransientApiError);
    expect(transient instanceof ApiFailure).toBe(status === 500 && type === PROBLEM);
    expect(transient).toMatchObject({ isMisconfigured: false, retryAfterMs: 7_000 });
  });

  it.each([
    ['a wrong key', 401, problem('request.unauthorized'), PROBLEM],
    ['a role that is too small', 403, problem('request.forbidden'), PROBLEM],
    ['another path', 404, problem('request.route-not-found'), PROBLEM],
    ['a page that is not found', 404, '<html>', 'text/html'],
    ['another service', 404, { code: 'nope' }, 'application/json'],
    ['a page', 200, '<html>', 'text/html'],
    ['a redirect', 302, '', 'text/html'],
  ])('shows a misconfiguration: %s', (_, status, body, type) => {
    expect(read(status, body, type)).toMatchObject({ isMisconfigured: true });
  });
});
