import type { NextFunction, Request, Response } from 'express';
import { HttpProblem } from '../problems/problems.js';

/** A host and perhaps a port (RFC 9110, 7.2; RFC 3986, 3.2.2): a name, an IPv4 address or an IPv6 address in brackets. */
const HOST = /^(?:\[[\da-f:.]+\]|(?:[\w\-.~!$&'()*+,;=]|%[\da-f]{2})*)(?::\d*)?$/i;

/**
 * Refuses requests by those rules of HTTP that Node leaves to the application, or answers without a body: about Host,
 * Transfer-Encoding and Expect. How the rest of the connection is to be read is then not certain: it is closed.
 */
export function requireHttp(request: Request, response: Response, next: NextFunction): void {
  const problem = hostProblem(request) ?? codingProblem(request) ?? expectationProblem(request);
  if (problem) response.setHeader('Connection', 'close');
  next(problem);
}

/** RFC 9112, 3.2: a request of HTTP/1.1 has Host once, and what it says is a host. */
function hostProblem({ rawHeaders, headers, httpVersion }: Request): HttpProblem | undefined {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  if (hosts === 1)
    return HOST.test(headers.host!) ? undefined : malformed('Host must be a host, such as a.example:80.');
  if (hosts === 0) return httpVersion === '1.0' ? undefined : malformed('Host is needed.');
  return malformed('Host must be there once.');
}

/** RFC 9112, 6.1. Node's parser has refused what does not end with `chunked`. */
function codingProblem({ headers, httpVersion }: Request): HttpProblem | undefined {
  const value = headers['transfer-encoding'];
  if (value === undefined) return undefined;
  if (httpVersion === '1.0') return malformed('HTTP/1.0 has no Transfer-Encoding.');
  const codings = value.split(',').map((coding) => coding.trim().toLowerCase());
  if (codings.some((coding) => coding !== 'chunked')) {
    return new HttpProblem('request.not-implemented', 'The one transfer coding that is read is chunked.');
  }
  return codings.length > 1 ? malformed('Transfer-Encoding must say chunked once.') : undefined;
}

/** RFC 9110, 10.1.1. */
function expectationProblem({ headers: { expect } }: Request): HttpProblem | undefined {
  if (expect === undefined || expect.toLowerCase() === '100-continue') return undefined;
  return new HttpProblem('request.expectation-failed', 'The one expectation that is met is 100-continue.');
}

function malformed(detail: string): HttpProblem {
  return new HttpProblem('request.malformed', detail);
}
