import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { KEY_PATTERN } from '../openapi/contract-patterns.js';
import { OptionalNotNull } from './optional-not-null.js';

/** The contract of an origin. */
export const ORIGIN_SCHEMA = {
  type: String,
  minLength: 1,
  maxLength: 255,
  pattern: KEY_PATTERN,
  example: 'tg:-100123:42',
} as const;

/** An optional reference to the place of a report: 1 to 255 visible ASCII characters. */
export const IsOrigin = (): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ ...ORIGIN_SCHEMA, required: false }),
    OptionalNotNull(),
    Matches(new RegExp(KEY_PATTERN), { message: '$property must be 1 to 255 visible ASCII characters' }),
  );
