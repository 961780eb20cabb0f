import type { components } from './api-schema.js';

type ProblemCode = components['schemas']['ProblemCode'];

const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/** The API is still working on an earlier attempt of the request. */
const KEY_IN_USE: ProblemCode = 'idempotency.key-in-use';

/** A 429 until the end of the day, in UTC: nobody waits for that. */
const DAILY_LIMIT: ProblemCode = 'attachment.daily-limit-reached';

/** Whether the API, or a proxy in front of it, has given no final answer: the same request gets one later. */
export const isTransientResponse = (status: number, code: unknown): boolean =>
  status >= 500 || (TRANSIENT_STATUSES.has(status) && code !== DAILY_LIMIT) || code === KEY_IN_USE;

/** The pause that a response asks for by Retry-After, in milliseconds; 0 if it asks for none. */
export function retryAfterMs(headers: Pick<Headers, 'get'>): number {
  const seconds = Number(headers.get('retry-after') ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0;
}
