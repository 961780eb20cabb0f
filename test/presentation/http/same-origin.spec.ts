import type { Request } from 'express';
import { requireSameOrigin } from '../../../src/presentation/http/auth/same-origin.js';
import { HttpProblem } from '../../../src/presentation/http/problems/problems.js';

const isAccepted = (
  headers: Record<string, string>,
  { method = 'POST', host = 'a.example', secure = false } = {},
): boolean => {
  try {
    requireSameOrigin({ method, headers, host, secure } as unknown as Request);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(HttpProblem);
    expect((error as HttpProblem).code).toBe('request.cross-origin');
    return false;
  }
};

describe('a request with a session', () => {
  it.each(['same-site', 'cross-site', 'none', '', 'SAME-ORIGIN', 'same-origin, cross-site'])(
    'changes nothing if Sec-Fetch-Site is %j, whatever Origin says',
    (site) => {
      expect(isAccepted({ 'sec-fetch-site': site })).toBe(false);
      expect(isAccepted({ 'sec-fetch-site': site, origin: 'http://a.example' })).toBe(false);
    },
  );

  it('may change something if Sec-Fetch-Site is same-origin', () => {
    expect(isAccepted({ 'sec-fetch-site': 'same-origin' })).toBe(true);
  });

  it.each([
    ['http://a.example', 'a.example', false],
    ['https://a.example', 'a.example', true],
    // A proxy that terminates TLS, and does not say so.
    ['https://a.example', 'a.example', false],
    ['http://a.example:8000', 'a.example:8000', false],
    ['https://a.example', 'a.example:443', true],
    ['https://a.example', 'A.Example', true],
    ['http://[::1]:8000', '[::1]:8000', false],
  ])('may change something if Origin is %s at the host %s', (origin, host, secure) => {
    expect(isAccepted({ origin }, { host, secure })).toBe(true);
  });

  it.each([
    ['https://b.example', 'a.example', true],
    ['https://a.example.b.example', 'a.example', true],
    ['https://b.a.example', 'a.example', true],
    ['https://a.example:8443', 'a.example', true],
    ['http://a.example:81', 'a.example', false],
    // Somebody on the network can write a page of http.
    ['http://a.example', 'a.example', true],
    ['null', 'a.example', true],
    ['', 'a.example', true],
    ['a.example', 'a.example', true],
    ['ftp://a.example', 'a.example', false],
    ['https://a.example', '', true],
  ])('changes nothing if Origin is %j at the host %s', (origin, host, secure) => {
    expect(isAccepted({ origin }, { host, secure })).toBe(false);
  });

  it('changes nothing if it says nothing of its origin', () => {
    expect(isAccepted({})).toBe(false);
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      expect(isAccepted({}, { method })).toBe(false);
  });

  it('may read wherever it comes from, since no other page gets the answer', () => {
    for (const method of ['GET', 'HEAD'])
      expect(isAccepted({ 'sec-fetch-site': 'cross-site', origin: 'http://b.example' }, { method })).toBe(
        true,
      );
  });
});
