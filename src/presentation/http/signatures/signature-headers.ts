import type { IncomingHttpHeaders } from 'node:http';
import { isInnerList, type InnerList, parseDictionary, serializeInnerList } from 'structured-headers';
import { malformedSignature } from './signature-problems.js';

/** A signature as a request has it: nothing of it is verified yet. */
export interface RequestSignature {
  /** The names of the covered components, without duplicates. */
  readonly components: readonly string[];
  readonly parameters: ReadonlyMap<string, unknown>;
  /** The components and parameters in their canonical form: the value of `@signature-params`. */
  readonly input: string;
  readonly bytes: Buffer;
}

/** Of requests (RFC 9421, 2.2); `@query-param` is missing, since components with parameters are not supported. */
const DERIVED_COMPONENTS = new Set([
  '@method',
  '@target-uri',
  '@authority',
  '@scheme',
  '@request-target',
  '@path',
  '@query',
]);

/** The name of a field, in lower case (RFC 9421, 2.1). */
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

const QUOTED = /"(?:[^"\\]|\\.)*"/g;

/** Whether the request is signed. */
export function isSigned({ headers }: { readonly headers: IncomingHttpHeaders }): boolean {
  return headers['signature-input'] !== undefined;
}

/**
 * The signature in Signature-Input and Signature (RFC 9421, 4). A request has one: which of several proves who sent it would be
 * open.
 * @throws HttpProblem `signature.malformed`
 */
export function signatureIn(headers: IncomingHttpHeaders): RequestSignature {
  const [label, list] = onlyMember('Signature-Input', headers['signature-input']);
  const [signatureLabel, signature] = onlyMember('Signature', headers['signature']);
  if (label !== signatureLabel)
    throw malformedSignature('Signature and Signature-Input have different labels');
  if (!isInnerList(list)) throw malformedSignature('Signature-Input must have a list of components');
  const [bytes] = signature;
  if (!(bytes instanceof ArrayBuffer))
    throw malformedSignature('Signature must be a byte sequence, as in :…:');
  requireDistinctParameters(String(headers['signature-input']), list);
  return {
    components: componentsOf(list),
    parameters: list[1],
    input: serializeInnerList(list),
    bytes: Buffer.from(bytes),
  };
}

/** The only member of a dictionary, of which the parser would silently drop duplicates. */
function onlyMember(name: string, header: string | string[] | undefined) {
  if (header === undefined) throw malformedSignature(`${name} is missing`);
  const text = String(header);
  // Commas are between members, and in strings.
  if (withoutStrings(text).includes(',')) throw malformedSignature(`${name} must have one signature`);
  const [member] = dictionaryIn(name, text);
  if (!member) throw malformedSignature(`${name} is empty`);
  return member;
}

/**
 * The members of a structured field (RFC 9651).
 * @throws HttpProblem `signature.malformed` if it is none.
 */
export function dictionaryIn(name: string, text: string): ReturnType<typeof parseDictionary> {
  try {
    return parseDictionary(text);
  } catch (error) {
    throw malformedSignature(`${name} is no dictionary of structured fields: ${(error as Error).message}`);
  }
}

/** The parser keeps the last of two parameters of one name: another one might keep the first. */
function requireDistinctParameters(text: string, [, parameters]: InnerList): void {
  const outside = withoutStrings(text);
  const written = outside.slice(outside.lastIndexOf(')')).split(';').length - 1;
  if (written !== parameters.size) throw malformedSignature('Signature-Input has a duplicate parameter');
}

function componentsOf([items]: InnerList): string[] {
  const names = items.map(([name, parameters]) => {
    if (typeof name !== 'string') throw malformedSignature('Each component must be a string');
    if (parameters.size > 0)
      throw malformedSignature(`The component ${name} has parameters, which are not supported`);
    if (!DERIVED_COMPONENTS.has(name) && !FIELD_NAME.test(name))
      throw malformedSignature(`${JSON.stringify(name)} is no component of a request, in lower case`);
    return name;
  });
  const duplicate = names.find((name, index) => names.indexOf(name) !== index);
  if (duplicate !== undefined) throw malformedSignature(`The component ${duplicate} is listed twice`);
  return names;
}

function withoutStrings(text: string): string {
  return text.replaceAll(QUOTED, '""');
}
