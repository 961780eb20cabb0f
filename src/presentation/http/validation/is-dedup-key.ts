import { ValidateWith } from '../../../config/validate-with.js';
import { textLength, textValidationError } from '../../../domain/incident/incident-text.js';

/** How long a deduplication key may be, in characters. */
export const MAX_DEDUP_KEY_LENGTH = 255;

/** What keeps a value from being a deduplication key, as the end of a sentence; undefined where it is fit. */
export function dedupKeyProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be one text';
  const isTooLong = textLength(value) > MAX_DEDUP_KEY_LENGTH;
  if (isTooLong) return `must be at most ${MAX_DEDUP_KEY_LENGTH} characters long`;
  return textValidationError(value);
}

/** A name for a problem: any text that the register can keep. */
export const IsDedupKey = () => ValidateWith('isDedupKey', dedupKeyProblem);
