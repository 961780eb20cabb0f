import { InvalidText } from './incident-errors.js';

/** The longest text that one report or one addition may bring, in Unicode code points. */
export const MAX_TEXT_LENGTH = 10_000;

/** The longest that a description may grow by additions, in Unicode code points. */
export const MAX_DESCRIPTION_LENGTH = 100_000;

// White space, control and format characters alone (a zero-width space is a format character) show nothing.
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
 * What keeps a text out of the register, as the end of a sentence that begins with its name;
 * undefined where it is fit. A fit text is stored as it came, to the code point.
 */
export function textProblem(text: string): string | undefined {
  if (!VISIBLE.test(text)) return 'must not be blank';
  if (text.includes('\0')) return 'must not contain the NUL character';
  if (!text.isWellFormed()) return 'must not contain a lone surrogate';
  if (text.length > MAX_TEXT_LENGTH && textLength(text) > MAX_TEXT_LENGTH) {
    return `must be at most ${MAX_TEXT_LENGTH} characters long`;
  }
  return undefined;
}

/** @throws InvalidText where `textProblem` finds something. */
export function assertValidText(text: string): void {
  const problem = textProblem(text);
  if (problem) throw new InvalidText(problem);
}
