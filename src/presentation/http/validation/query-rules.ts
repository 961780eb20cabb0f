import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { ValidateWith } from '../../../config/validate-with.js';
import { parseTimestamp } from './timestamps.js';

// What cannot be read is passed on as it came, for the validator to name.

/** An optional integer in a query, as the contract has it. A value that is none is told by the one rule that it breaks. */
export const IsInteger = ({ minimum, maximum, ...others }: ApiPropertyOptions & Bounds): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ type: 'integer', required: false, minimum, maximum, ...others } as ApiPropertyOptions),
    Transform(toInteger),
    ValidateWith('isInteger', (value) => {
      if (typeof value !== 'number') return 'must be an integer';
      if (value < minimum) return `must not be less than ${minimum}`;
      return value > maximum ? `must not be greater than ${maximum}` : undefined;
    }),
  );

interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
}

/** Digits to their number, which is infinite where there are hundreds of them. */
function toInteger({ value }: TransformFnParams): unknown {
  return typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
}

/** `a,b`, or the parameter repeated, to the list of both. */
export function toList({ value }: TransformFnParams): unknown {
  return [value].flat().flatMap((part: unknown) => (typeof part === 'string' ? part.split(',') : part));
}

/** A date-time (RFC 3339), or a date for its beginning in UTC, to its moment. */
export function toTimestamp({ value }: TransformFnParams): unknown {
  return parseTimestamp(value) ?? value;
}
