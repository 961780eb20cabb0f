import { ValidateWith } from '../../../config/rules.js';
import { TIMESTAMP_PATTERN } from '../openapi/contract-patterns.js';
import { Field } from './fields.js';
import { parseTimestamp, TIMESTAMP_RULE } from './timestamps.js';

/** An optional timestamp: see `parseTimestamp`. @param hint for the error. */
export const IsTimestamp = (example: string, hint = ''): PropertyDecorator =>
  Field(
    { type: String, required: false, pattern: TIMESTAMP_PATTERN, example },
    ValidateWith('isTimestamp', (value) => (parseTimestamp(value) ? undefined : TIMESTAMP_RULE + hint)),
  );
