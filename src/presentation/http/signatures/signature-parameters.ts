import { SIGNATURE_TOLERANCE_SECONDS } from '../../../application/access/used-nonces.js';
import type { AccessKeyId, SignatureAlgorithm } from '../../../domain/access/access-key.js';
import { invalidSignature, malformedSignature } from './signature-problems.js';

/** The parameters of a signature (RFC 9421, 2.3) that the service acts on. */
export interface SignatureParameters {
  readonly keyId: AccessKeyId;
  readonly createdAt: Date;
  readonly nonce: string;
  /** Undefined if the signature does not say so: the key determines it. */
  readonly algorithm: SignatureAlgorithm | undefined;
}

const ALGORITHMS: readonly SignatureAlgorithm[] = ['hmac-sha256', 'ed25519'];

const KNOWN = new Set(['created', 'expires', 'nonce', 'alg', 'keyid', 'tag']);

const MAX_NONCE_LENGTH = 128;

const KEY_ID = /^[1-9]\d{0,14}$/;

/**
 * The parameters, which are signed, so that nobody but the client can have chosen them; the signature may still be invalid.
 * @throws HttpProblem if one is missing or wrong, or the signature is too old or from the future.
 */
export function parametersOf(parameters: ReadonlyMap<string, unknown>, now: Date): SignatureParameters {
  const unknown = [...parameters.keys()].find((name) => !KNOWN.has(name));
  if (unknown !== undefined) throw malformedSignature(`The parameter ${unknown} is unknown`);
  const nowSeconds = now.getTime() / 1_000;
  const created = secondsIn(parameters, 'created');
  if (created === undefined) throw invalidSignature('The parameter created is missing');
  if (Math.abs(nowSeconds - created) > SIGNATURE_TOLERANCE_SECONDS)
    throw invalidSignature(
      `created must be within ${SIGNATURE_TOLERANCE_SECONDS} s of the time of the service, ${now.toISOString()}`,
    );
  const expires = secondsIn(parameters, 'expires');
  if (expires !== undefined && expires < nowSeconds) throw invalidSignature('The signature has expired');
  return {
    keyId: keyIdIn(parameters),
    createdAt: new Date(created * 1_000),
    nonce: nonceIn(parameters),
    algorithm: algorithmIn(parameters),
  };
}

function secondsIn(parameters: ReadonlyMap<string, unknown>, name: string): number | undefined {
  const value = parameters.get(name);
  if (value !== undefined && !Number.isSafeInteger(value))
    throw malformedSignature(`${name} must be an integer: seconds since 1970`);
  return value as number | undefined;
}

function textIn(parameters: ReadonlyMap<string, unknown>, name: string): string | undefined {
  const value = parameters.get(name);
  if (value !== undefined && typeof value !== 'string') throw malformedSignature(`${name} must be a string`);
  return value;
}

function keyIdIn(parameters: ReadonlyMap<string, unknown>): AccessKeyId {
  const text = textIn(parameters, 'keyid');
  if (text === undefined) throw invalidSignature('The parameter keyid is missing');
  if (!KEY_ID.test(text)) throw invalidSignature('keyid must be the id of an access key, such as "3"');
  return Number(text);
}

function nonceIn(parameters: ReadonlyMap<string, unknown>): string {
  const nonce = textIn(parameters, 'nonce');
  if (nonce === undefined) throw invalidSignature('The parameter nonce is missing');
  if (nonce === '' || nonce.length > MAX_NONCE_LENGTH)
    throw invalidSignature(`nonce must be 1 to ${MAX_NONCE_LENGTH} characters long`);
  return nonce;
}

function algorithmIn(parameters: ReadonlyMap<string, unknown>): SignatureAlgorithm | undefined {
  const text = textIn(parameters, 'alg');
  if (text === undefined) return undefined;
  const algorithm = ALGORITHMS.find((name) => name === text);
  if (!algorithm) throw invalidSignature(`alg must be ${ALGORITHMS.join(' or ')}`);
  return algorithm;
}
