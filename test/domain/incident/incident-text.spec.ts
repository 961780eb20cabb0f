import fc from 'fast-check';
import {
  MAX_TEXT_LENGTH,
  textLength,
  textValidationError,
} from '../../../src/domain/incident/incident-text.js';

describe('a text for the register', () => {
  it.each([
    'a',
    'Самокат #42',
    '🛴',
    'a\nb',
    ' a ',
    '\u200Ba',
    'a'.repeat(MAX_TEXT_LENGTH),
    '🛴'.repeat(MAX_TEXT_LENGTH),
  ])('is valid if it is %j', (text) => expect(textValidationError(text)).toBeUndefined());

  it.each([
    ['nothing', '', 'blank'],
    ['spaces', ' \t\n\u00A0\u3000', 'blank'],
    ['characters that show nothing', '\u200B\uFEFF\u0007', 'blank'],
    ['a NUL', 'a\0b', 'NUL'],
    ['a lone high surrogate', 'a\uD83D', 'surrogate'],
    ['a lone low surrogate', '\uDEF4a', 'surrogate'],
    ['too much', 'a'.repeat(MAX_TEXT_LENGTH + 1), 'at most 10000 characters'],
    ['too many code points', '🛴'.repeat(MAX_TEXT_LENGTH + 1), 'at most 10000 characters'],
  ])('is invalid if it is %s', (_, text, problem) => expect(textValidationError(text)).toContain(problem));

  it('is measured in code points', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => textLength(text) === [...text].length));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
        const text = String.fromCharCode(...units);
        return textLength(text) === [...text].length;
      }),
    );
  });
});
