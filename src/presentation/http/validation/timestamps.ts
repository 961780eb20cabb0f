import { isRFC3339 } from 'class-validator';

/** What a text must be to be a moment. */
export const TIMESTAMP =
  'must be a date-time such as 2026-11-20T10:00:00Z or a date such as 2026-11-20, in the years 1 to 9999 in UTC';

/** The years that have four digits, as RFC 3339 writes them and PostgreSQL reads them. */
const FIRST = Date.parse('0001-01-01T00:00:00.000Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether these milliseconds since 1970 are within the years 1 to 9999 in UTC: no other moment is read or kept. */
export const isWithinYears = (milliseconds: number): boolean => milliseconds >= FIRST && milliseconds <= LAST;

/** The moment that a date-time (RFC 3339) means, or a date its beginning in UTC; undefined for anything else. */
export function parseTimestamp(value: unknown): Date | undefined {
  if (typeof value !== 'string' || !(isRFC3339(value) || /^\d{4}-\d\d-\d\d$/.test(value))) return undefined;
  const moment = new Date(value);
  if (!isWithinYears(moment.getTime())) return undefined;
  const date = value.slice(0, 10);
  // JavaScript takes the 30th of February for the 2nd of March.
  return new Date(date).toISOString().startsWith(date) ? moment : undefined;
}
