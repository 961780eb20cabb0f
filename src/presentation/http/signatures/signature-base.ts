import type { IncomingMessage } from 'node:http';
import { httpbis } from 'http-message-signatures';
import type { RequestSignature } from './signature-headers.js';

/** What a signature covers, as far as a client and the service could see it differently. */
export interface SignedTarget {
  readonly method: string;
  /** The whole URI. */
  readonly uri: string;
}

/**
 * The bytes that a client has signed if nothing has changed the request (RFC 9421, 2.5). The request has all covered fields.
 *
 * The library serializes components and parameters. Fields are taken from the message as it arrived: of some, Node's `headers` keep
 * one of several lines.
 */
export function signatureBaseOf(
  { components, input }: Pick<RequestSignature, 'components' | 'input'>,
  { headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>,
  { method, uri }: SignedTarget,
): Buffer {
  const message = { method, url: uri, headers: headersDistinct as Record<string, string[]> };
  // As they are: the library would normalize a URI that it parses.
  const componentParser = (name: string) =>
    name === '@method' ? [method] : name === '@target-uri' ? [uri] : null;
  const fields = components.map((name) => `"${name}"`);
  const lines = httpbis.createSignatureBase({ fields, componentParser }, message);
  lines.push(['"@signature-params"', [input]]);
  // Node decodes the bytes of headers as Latin-1.
  return Buffer.from(httpbis.formatSignatureBase(lines), 'latin1');
}
