import { ValidateWith } from '../../../config/rules.js';
import { textLength, textValidationError } from '../../../domain/incident/incident-text.js';

/** In Unicode code points. */
export const MAX_DEDUP_KEY_LENGTH = 255;

/** Why a deduplication key is invalid, as the predicate of a sentence; undefined if it is valid. */
export function dedupKeyError(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  const isTooLong = textLength(value) > MAX_DEDUP_KEY_LENGTH;
  if (isTooLong) return `must be at most ${MAX_DEDUP_KEY_LENGTH} characters long`;
  return textValidationError(value);
}

/** A deduplication key: any valid text. */
export const IsDedupKey = () => ValidateWith('isDedupKey', dedupKeyError);
