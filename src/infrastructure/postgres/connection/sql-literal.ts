import { escapeLiteral } from 'pg';

/** Puts a value into a statement: as a parameter, or as a literal. */
export type Bind = (value: unknown) => string;

/** The value as SQL. */
export function literal(value: unknown): string {
  // A date as text would need an era for years before 1.
  if (value instanceof Date) return `(timestamptz 'epoch' + ${value.getTime()} * interval '1 millisecond')`;
  if (Array.isArray(value)) return escapeLiteral(`{${value.join(',')}}`);
  return typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : escapeLiteral(String(value));
}
