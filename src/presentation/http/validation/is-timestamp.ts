import { ValidateWith } from '../../../config/rules.js';
import { DAY_PATTERN, TIMESTAMP_PATTERN } from '../openapi/contract-patterns.js';
import { Field } from './fields.js';
import { parseTimestamp, TIMESTAMP_RULE } from './timestamps.js';

/** An optional timestamp: see `parseTimestamp`. @param hint for the error. */
export const IsTimestamp = (example: string, hint = ''): PropertyDecorator =>
  Field(
    { type: String, required: false, pattern: TIMESTAMP_PATTERN, example },
    ValidateWith('isTimestamp', (value) => (parseTimestamp(value) ? undefined : TIMESTAMP_RULE + hint)),
  );

const DAY = new RegExp(DAY_PATTERN);

/** An optional day in UTC, in the years 1900 to 2199. */
export const IsDay = (example: string): PropertyDecorator =>
  Field(
    { type: String, required: false, pattern: DAY_PATTERN, example },
    ValidateWith('isDay', (value) =>
      typeof value === 'string' && DAY.test(value)
        ? undefined
        : 'must be a date such as 2026-11-20, in the years 1900 to 2199',
    ),
  );
