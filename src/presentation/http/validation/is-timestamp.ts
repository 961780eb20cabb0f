import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateWith } from '../../../config/validate-with.js';
import { TIMESTAMP_PATTERN } from '../openapi/contract-patterns.js';
import { OptionalNotNull } from './optional-not-null.js';
import { parseTimestamp, TIMESTAMP_RULE } from './timestamps.js';

/** An optional timestamp: see `parseTimestamp`. @param hint for the error. */
export const IsTimestamp = (example: string, hint = ''): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ type: String, required: false, pattern: TIMESTAMP_PATTERN, example }),
    OptionalNotNull(),
    ValidateWith('isTimestamp', (value) => (parseTimestamp(value) ? undefined : TIMESTAMP_RULE + hint)),
  );
