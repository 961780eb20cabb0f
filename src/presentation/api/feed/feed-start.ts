import type { ApiPropertyOptions } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { FEED_START } from '../../../domain/feed/feed-position.js';
import { Field } from '../../http/validation/fields.js';

export const POSITION_SCHEMA = { type: String, example: '1795961234.1871' } as const;

/** A start in the feed, in a query, a header or a body. */
export const START_SCHEMA = { type: 'string', pattern: FEED_START.source, example: 'latest' } as const;

/** What a start must be, as the predicate of a sentence. */
export const START_RULE = 'must be a position such as 1795961234.1871, or oldest, or latest';

/** A start in the feed. */
export const IsStart = (options: ApiPropertyOptions = {}): PropertyDecorator =>
  Field(
    { ...START_SCHEMA, type: String, ...options },
    Matches(FEED_START, { message: `$property ${START_RULE}` }),
  );
