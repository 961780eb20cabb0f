import type { TransformFnParams } from 'class-transformer';
import { momentIn } from './moments.js';

// What cannot be read is passed on as it came, for the validator to name.

/** Digits to their number. */
export function toInteger({ value }: TransformFnParams): unknown {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

/** `a,b`, or the parameter repeated, to the list of both. */
export function toList({ value }: TransformFnParams): unknown {
  return [value].flat().flatMap((part: unknown) => (typeof part === 'string' ? part.split(',') : part));
}

/** A date-time (RFC 3339), or a date for its beginning in UTC, to its moment. */
export function toMoment({ value }: TransformFnParams): unknown {
  return momentIn(value) ?? value;
}
