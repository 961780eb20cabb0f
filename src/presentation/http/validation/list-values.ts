import { decodeCursor } from '../paging/cursor.js';
import { ValidateWith } from '../../../config/validate-with.js';
import { textLength } from '../../../domain/incident/incident-text.js';

/** The longest text to search for, in Unicode code points. */
export const MAX_SEARCH_LENGTH = 200;

// One character is in nearly every incident, and the index knows none; two can be a word in Chinese or Japanese.
const TWO_CHARACTERS = /\S\s*\S/u;

function searchTextProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be one text';
  if (/[\p{Cc}\uFFFD]/u.test(value)) return 'must be text in UTF-8, without control characters';
  if (textLength(value) > MAX_SEARCH_LENGTH) return `must be at most ${MAX_SEARCH_LENGTH} characters long`;
  return TWO_CHARACTERS.test(value)
    ? undefined
    : 'must have at least two characters that are not white space';
}

const cursorProblem = (value: unknown) =>
  typeof value === 'string' && decodeCursor(value) ? undefined : 'must come from a link of this service';

/** A text to search for. */
export const IsSearchText = () => ValidateWith('isSearchText', searchTextProblem);

/** A cursor that this service has made. */
export const IsCursor = () => ValidateWith('isCursor', cursorProblem);
