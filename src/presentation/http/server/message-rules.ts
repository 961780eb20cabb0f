import type { Request, Response } from 'express';
import { HttpProblem } from '../problems/problems.js';

/** A host with an optional port (RFC 9110, 7.2; RFC 3986, 3.2.2): a name, an IPv4 address or an IPv6 address in brackets. */
const HOST = /^(?:\[[\da-f:.]+\]|(?:[\w\-.~!$&'()*+,;=]|%[\da-f]{2})*)(?::\d*)?$/i;

/**
 * Enforces the rules of HTTP on Host, Transfer-Encoding and Expect, which Node leaves to the application or answers without a
 * body. After a violation, the rest of the connection cannot be parsed with certainty: it is closed.
 * @throws HttpProblem
 */
export function requireValidMessage(request: Request, response: Response): void {
  const problem = hostProblem(request) ?? codingProblem(request) ?? expectationProblem(request);
  if (!problem) return;
  response.setHeader('Connection', 'close');
  throw problem;
}

/** RFC 9112, 3.2: a request of HTTP/1.1 has exactly one valid Host. */
function hostProblem({ rawHeaders, headers, httpVersion }: Request): HttpProblem | undefined {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  if (hosts === 1)
    return HOST.test(headers.host!) ? undefined : malformed('Host must be a host such as a.example:80.');
  if (hosts === 0) return httpVersion === '1.0' ? undefined : malformed('Host is required.');
  return malformed('Host must not be repeated.');
}

/** RFC 9112, 6.1. Node's parser has rejected values that do not end with `chunked`. */
function codingProblem({ headers, httpVersion }: Request): HttpProblem | undefined {
  const value = headers['transfer-encoding'];
  if (value === undefined) return undefined;
  if (httpVersion === '1.0') return malformed('HTTP/1.0 does not allow Transfer-Encoding.');
  const codings = value.split(',').map((coding) => coding.trim().toLowerCase());
  if (codings.some((coding) => coding !== 'chunked')) {
    const detail = 'Transfer-Encoding must be chunked; no other coding is supported.';
    return new HttpProblem('request.not-implemented', detail);
  }
  return codings.length > 1 ? malformed('Transfer-Encoding must not repeat chunked.') : undefined;
}

/** RFC 9110, 10.1.1. */
function expectationProblem({ headers: { expect } }: Request): HttpProblem | undefined {
  if (expect === undefined || expect.toLowerCase() === '100-continue') return undefined;
  const detail = 'Expect must be 100-continue; no other expectation is supported.';
  return new HttpProblem('request.expectation-failed', detail);
}

function malformed(detail: string): HttpProblem {
  return new HttpProblem('request.malformed', detail);
}
