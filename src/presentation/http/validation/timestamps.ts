import { isRFC3339 } from 'class-validator';

/** The years with four digits, as RFC 3339 writes them and PostgreSQL reads them. */
const MIN_MS = Date.parse('0001-01-01T00:00:00.000Z');
const MAX_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether a time, in milliseconds since 1970, is in the years 1 to 9999 in UTC: no other time is accepted. */
export const isInSupportedYears = (timeMs: number): boolean => timeMs >= MIN_MS && timeMs <= MAX_MS;

/** The time of a date-time (RFC 3339), or of the start of a date in UTC; undefined for anything else. */
export function parseTimestamp(value: unknown): Date | undefined {
  if (typeof value !== 'string' || !(isRFC3339(value) || /^\d{4}-\d\d-\d\d$/.test(value))) return undefined;
  const time = new Date(value);
  if (!isInSupportedYears(time.getTime())) return undefined;
  const date = value.slice(0, 10);
  // JavaScript reads 30 February as 2 March.
  return new Date(date).toISOString().startsWith(date) ? time : undefined;
}

/** What a timestamp must be, as the predicate of a sentence. */
export const TIMESTAMP_RULE =
  'must be a date-time such as 2026-11-20T10:00:00Z or a date such as 2026-11-20, in the years 1 to 9999 in UTC';
