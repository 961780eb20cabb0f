import { Matches } from 'class-validator';
import { MAX_METADATA_LENGTH } from '../../../application/feed/feed-consumers.js';
import { ValidateWith } from '../../../config/rules.js';
import { MAX_TEXT_LENGTH, textLength, textValidationError } from '../../../domain/incident/incident-text.js';
import { actorError, MAX_ACTOR_LENGTH } from '../auth/provenance.js';
import { KEY_PATTERN, PERSON_PATTERN, SEARCH_PATTERN, TEXT_PATTERN } from '../openapi/contract-patterns.js';
import { decodeCursor } from '../paging/cursor.js';
import { Field } from './fields.js';

/** The maximum lengths of texts, in Unicode code points. */
export const MAX_DEDUP_KEY_LENGTH = 255;
const MAX_SEARCH_LENGTH = 200;

const OPTIONAL = { type: String, required: false } as const;

/** The schema of a valid text: see `textValidationError` in the domain. */
export const TEXT_SCHEMA = { minLength: 1, maxLength: MAX_TEXT_LENGTH, pattern: TEXT_PATTERN } as const;

const textError = (value: unknown) =>
  typeof value === 'string' ? textValidationError(value) : 'must be a string';

/** A valid text. */
export const IsText = (options: { readonly required?: boolean; readonly example: string }) =>
  Field({ ...TEXT_SCHEMA, ...options }, ValidateWith('isText', textError));

/** Why a deduplication key is invalid, as the predicate of a sentence; undefined if it is valid. */
export function dedupKeyError(value: unknown): string | undefined {
  const isTooLong = typeof value === 'string' && textLength(value) > MAX_DEDUP_KEY_LENGTH;
  return isTooLong ? `must be at most ${MAX_DEDUP_KEY_LENGTH} characters long` : textError(value);
}

/** An optional deduplication key: any valid text. */
export const IsDedupKey = () =>
  Field(
    { ...OPTIONAL, ...TEXT_SCHEMA, maxLength: MAX_DEDUP_KEY_LENGTH, example: 'disk-full/db-1' },
    ValidateWith('isDedupKey', dedupKeyError),
  );

/** The schema of an origin. */
export const ORIGIN_SCHEMA = {
  minLength: 1,
  maxLength: 255,
  pattern: KEY_PATTERN,
  example: 'tg:-100123:42',
} as const;

/** An optional reference to the place of a report. */
export const IsOrigin = () =>
  Field(
    { ...OPTIONAL, ...ORIGIN_SCHEMA },
    Matches(new RegExp(KEY_PATTERN), { message: '$property must be 1 to 255 visible ASCII characters' }),
  );

/** The schema of the metadata of a consumer. */
export const METADATA_SCHEMA = {
  ...TEXT_SCHEMA,
  maxLength: MAX_METADATA_LENGTH,
  example: '{"notified": "17-2"}',
} as const;

function metadataError(value: unknown): string | undefined {
  if (value === null) return undefined;
  const isTooLong = typeof value === 'string' && textLength(value) > MAX_METADATA_LENGTH;
  return isTooLong ? `must be at most ${MAX_METADATA_LENGTH} characters long` : textError(value);
}

/** Optional metadata of a consumer: any valid text, or null for none. */
export const IsMetadata = () =>
  Field({ ...OPTIONAL, ...METADATA_SCHEMA, nullable: true }, ValidateWith('isMetadata', metadataError));

/** As RFC 9562 writes it, of any version, in small or capital letters. */
const UUID_PATTERN = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';

/** The optional holder of a consumer: a UUID, or null for none. */
export const IsHolder = () =>
  Field(
    { ...OPTIONAL, pattern: UUID_PATTERN, nullable: true, example: '5f0c7a52-6f7e-4c53-9b3a-2a4b8f1f8f0e' },
    ValidateWith('isHolder', (value) =>
      value === null || (typeof value === 'string' && new RegExp(UUID_PATTERN).test(value))
        ? undefined
        : 'must be a UUID',
    ),
  );

/** The schema of the name of a person. */
export const PERSON_SCHEMA = {
  minLength: 1,
  maxLength: MAX_ACTOR_LENGTH,
  pattern: PERSON_PATTERN,
  example: 'Анна',
} as const;

/** Why the name of a person is invalid, as the predicate of a sentence; undefined if it is valid. */
export const personError = (value: unknown) =>
  typeof value === 'string' ? actorError(value) : 'must be a string';

/** An optional name of a person; `me` for the actor, and `none` for nobody. Null, if that is allowed, is nobody as well. */
export const IsAssignee = ({ nullable = false }: { readonly nullable?: boolean } = {}) =>
  Field(
    { ...OPTIONAL, ...PERSON_SCHEMA, nullable, example: 'me' },
    ValidateWith('isAssignee', (value) => (nullable && value === null ? undefined : personError(value))),
  );

/** The name that such a field stands for; null for nobody, and undefined for none. */
export function assigneeIn(text: string | null | undefined, actor: string): string | null | undefined {
  if (text === 'none') return null;
  return text === 'me' ? actor : text;
}

// One character is in nearly every incident, and the index has none; two can be a word in Chinese or Japanese.
const TWO_CHARACTERS = /\S\s*\S/u;

function searchTextError(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  if (/[\p{Cc}\uFFFD]/u.test(value)) return 'must be valid UTF-8 without control characters';
  if (textLength(value) > MAX_SEARCH_LENGTH) return `must be at most ${MAX_SEARCH_LENGTH} characters long`;
  return TWO_CHARACTERS.test(value) ? undefined : 'must have at least two characters besides white space';
}

/** An optional text to search for. */
export const IsSearchText = (example: string) =>
  Field(
    { ...OPTIONAL, minLength: 2, maxLength: MAX_SEARCH_LENGTH, pattern: SEARCH_PATTERN, example },
    ValidateWith('isSearchText', searchTextError),
  );

const cursorError = (value: unknown) =>
  typeof value === 'string' && decodeCursor(value) ? undefined : 'must be a cursor from a Link header';

/** An optional cursor that this service has made. */
export const IsCursor = () =>
  Field(
    { ...OPTIONAL, format: 'cursor', minLength: 1, pattern: '^[A-Za-z0-9_-]+$' },
    ValidateWith('isCursor', cursorError),
  );
