import { isRFC3339 } from 'class-validator';

/** What a text must be to be a moment. */
export const MOMENT = 'must be a date-time such as 2026-11-20T10:00:00Z or a date such as 2026-11-20';

/** The moment that a date-time (RFC 3339) means, or a date its beginning in UTC; undefined for anything else. */
export function momentIn(value: unknown): Date | undefined {
  if (typeof value !== 'string' || !(isRFC3339(value) || /^\d{4}-\d\d-\d\d$/.test(value))) return undefined;
  const moment = new Date(value);
  const date = value.slice(0, 10);
  // JavaScript takes the 30th of February for the 2nd of March.
  const exists = !Number.isNaN(moment.getTime()) && new Date(date).toISOString().startsWith(date);
  return exists ? moment : undefined;
}
