import { InvalidText } from './incident-errors.js';

/** The limit of one report or one appended text, in Unicode code points. */
export const MAX_TEXT_LENGTH = 10_000;

/** The limit of a description with all appended texts, in Unicode code points. */
export const MAX_DESCRIPTION_LENGTH = 100_000;

// White space, control and format characters are invisible; a zero-width space is a format character.
const VISIBLE = /[^\p{White_Space}\p{Cc}\p{Cf}]/u;

/** Length in Unicode code points, as PostgreSQL's `char_length` counts; never allocates. */
export function textLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next <= 0xdfff) {
        length--;
        i++;
      }
    }
  }
  return length;
}

/**
 * Why a text is invalid, as the end of a sentence that begins with its name; undefined for a valid text, which is stored
 * verbatim.
 */
export function textValidationError(text: string): string | undefined {
  if (!VISIBLE.test(text)) return 'must not be blank';
  if (text.includes('\0')) return 'must not contain the NUL character';
  if (!text.isWellFormed()) return 'must not contain a lone surrogate';
  if (text.length > MAX_TEXT_LENGTH && textLength(text) > MAX_TEXT_LENGTH) {
    return `must be at most ${MAX_TEXT_LENGTH} characters long`;
  }
  return undefined;
}

/** @throws InvalidText where `textValidationError` finds something. */
export function assertValidText(text: string): void {
  const error = textValidationError(text);
  if (error) throw new InvalidText(error);
}
