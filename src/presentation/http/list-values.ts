import { decodeCursor } from './cursor.js';
import { HasNoProblem } from '../../config/has-no-problem.js';
import { textLength } from '../../domain/incident/incident-text.js';

/** The longest text to search for, in Unicode code points. */
export const MAX_SEARCH_LENGTH = 200;

// The index knows texts by their trigrams: three letters or digits in a row, where the beginning of a word counts for two
// and its end for one. A text without any could only be searched for in all the incidents there are.
const HAS_TRIGRAM = /[\p{L}\p{N}]{3}|[^\p{L}\p{N}][\p{L}\p{N}]|[\p{L}\p{N}]{2}[^\p{L}\p{N}]/u;

function searchTextProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be one text';
  if (/[\p{Cc}\uFFFD]/u.test(value)) return 'must be text in UTF-8, without control characters';
  if (textLength(value) > MAX_SEARCH_LENGTH) return `must be at most ${MAX_SEARCH_LENGTH} characters long`;
  return HAS_TRIGRAM.test(value)
    ? undefined
    : 'must have three letters or digits in a row, or the beginning of a word after a sign or space, as in #42';
}

const cursorProblem = (value: unknown) =>
  typeof value === 'string' && decodeCursor(value) ? undefined : 'must come from a link of this service';

/** A text that the index can search for. */
export const IsSearchText = () => HasNoProblem('isSearchText', searchTextProblem);

/** A cursor that this service has made. */
export const IsCursor = () => HasNoProblem('isCursor', cursorProblem);
