import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { ValidateWith } from '../../../config/rules.js';
import { textLength } from '../../../domain/incident/incident-text.js';
import { decodeCursor } from '../paging/cursor.js';
import { SEARCH_PATTERN } from '../openapi/contract-patterns.js';
import { OptionalNotNull } from './optional-not-null.js';

// Rules of query parameters, each with its part of the contract. A value that cannot be converted is left as it is, and rejected by
// the rule.

interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
}

/** An optional integer. */
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

/** Digits to their number, which is infinite for hundreds of them. */
function toInteger({ value }: TransformFnParams): unknown {
  return typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
}

/** `a,b`, or the parameter repeated, to the list of both. */
export function toList({ value }: TransformFnParams): unknown {
  return [value].flat().flatMap((part: unknown) => (typeof part === 'string' ? part.split(',') : part));
}

/** In Unicode code points. */
const MAX_SEARCH_LENGTH = 200;

// One character is in nearly every incident, and the index has none; two can be a word in Chinese or Japanese.
const TWO_CHARACTERS = /\S\s*\S/u;

function searchTextError(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  if (/[\p{Cc}\uFFFD]/u.test(value)) return 'must be valid UTF-8 without control characters';
  if (textLength(value) > MAX_SEARCH_LENGTH) return `must be at most ${MAX_SEARCH_LENGTH} characters long`;
  return TWO_CHARACTERS.test(value) ? undefined : 'must have at least two characters besides white space';
}

/** An optional text to search for. */
export const IsSearchText = (example: string): PropertyDecorator =>
  applyDecorators(
    ApiProperty({
      type: String,
      required: false,
      minLength: 2,
      maxLength: MAX_SEARCH_LENGTH,
      pattern: SEARCH_PATTERN,
      example,
    }),
    OptionalNotNull(),
    ValidateWith('isSearchText', searchTextError),
  );

const cursorError = (value: unknown) =>
  typeof value === 'string' && decodeCursor(value) ? undefined : 'must be a cursor from a Link header';

/** An optional cursor that this service has made. */
export const IsCursor = (): PropertyDecorator =>
  applyDecorators(
    ApiProperty({
      type: String,
      format: 'cursor',
      minLength: 1,
      pattern: '^[A-Za-z0-9_-]+$',
      required: false,
    }),
    OptionalNotNull(),
    ValidateWith('isCursor', cursorError),
  );
