import { HttpProblem } from '../problems/problems.js';

/** What a signature must cover and have, for clients that read it (RFC 9421, 5.1). */
const CHALLENGE = {
  'WWW-Authenticate': 'Bearer realm="incidents"',
  'Accept-Signature': 'sig=("@method" "@target-uri" "content-digest" "idempotency-key");created;nonce;keyid',
} as const;

/** The problem of headers that are no signature. @param reason a sentence without its end. */
export function malformedSignature(reason: string): HttpProblem {
  return new HttpProblem('signature.malformed', `${reason}.`);
}

/** The problem of a signature that proves nothing. @param reason a sentence without its end. */
export function invalidSignature(reason: string): HttpProblem {
  return new HttpProblem('signature.invalid', `${reason}.`, {}, CHALLENGE);
}

/** The problem of a signature that was accepted before. */
export const NONCE_REUSED = new HttpProblem(
  'signature.nonce-reused',
  'A signature of this key had the same nonce. Sign each request again, also one that is sent again with its Idempotency-Key.',
  {},
  CHALLENGE,
);
