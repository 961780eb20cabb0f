import { escapeLiteral } from 'pg';

/** Puts a value into a statement: as a parameter, or as a literal. */
export type Bind = (value: unknown) => string;

/** The value as SQL. */
export function literal(value: unknown): string {
  // In words, a year before 1 would need another era.
  if (value instanceof Date) return `(timestamptz 'epoch' + ${value.getTime()} * interval '1 millisecond')`;
  if (Array.isArray(value)) return escapeLiteral(`{${value.join(',')}}`);
  return typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : escapeLiteral(String(value));
}
