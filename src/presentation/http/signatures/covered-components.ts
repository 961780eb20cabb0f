import type { Request } from 'express';
import { hasBody } from '../body/raw-body.js';
import { invalidSignature } from './signature-problems.js';

const ALWAYS = ['@method', '@target-uri'] as const;

/** Headers that say whose request it is, and whether it is a replay: a proxy that adds one would change what the request does. */
const WHERE_SENT = ['idempotency-key', 'x-idempotency-key', 'x-actor', 'x-channel'] as const;

/**
 * A signature that covers too little proves nothing about the request.
 * @throws HttpProblem `signature.invalid` unless the components include all that determine what the request does, and the request
 * has each of them.
 */
export function requireCoverage(components: readonly string[], request: Request): void {
  const { headers } = request;
  const required = [
    ...ALWAYS,
    ...(hasBody(request) ? ['content-digest'] : []),
    ...WHERE_SENT.filter((name) => headers[name] !== undefined),
  ];
  const uncovered = required.filter((name) => !components.includes(name));
  if (uncovered.length > 0) throw invalidSignature(`The signature must cover ${uncovered.join(', ')}`);
  const absent = components.find((name) => !name.startsWith('@') && headers[name] === undefined);
  if (absent !== undefined)
    throw invalidSignature(`The signature covers ${absent}, which the request does not have`);
}
