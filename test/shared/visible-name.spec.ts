import { invisibleCharacterIn, withoutInvisibleCharacters } from '../../src/shared/visible-name.js';

describe('invisibleCharacterIn', () => {
  it.each([
    ['a zero-width space', 'a\u200bnn', 'U+200B'],
    ['a zero-width joiner between Latin letters', 'a\u200dnn', 'U+200D'],
    ['a zero-width non-joiner at its end', 'ann\u200c', 'U+200C'],
    ['an override of the direction', '\u202eadmin', 'U+202E'],
    ['an isolate', 'ann\u2066', 'U+2066'],
    ['a mark of the direction', 'ann\u200f', 'U+200F'],
    ['the Arabic letter mark', 'ann\u061c', 'U+061C'],
    ['a soft hyphen', 'ad\u00admin', 'U+00AD'],
    ['a byte order mark', '\ufeffann', 'U+FEFF'],
    ['a word joiner', 'a\u2060nn', 'U+2060'],
    ['a filler of Hangul', 'ann\u3164', 'U+3164'],
    ['a combining grapheme joiner', 'a\u034fnn', 'U+034F'],
    ['a variation selector behind a letter', 'ann\ufe0f', 'U+FE0F'],
    ['a tag character', 'ann\u{e0061}', 'U+E0061'],
    ['an anchor of annotations', 'a\ufff9nn', 'U+FFF9'],
    ['a line separator', 'a\u2028nn', 'U+2028'],
    ['a control character', 'a\u0007nn', 'U+0007'],
    ['a non-joiner behind a letter that joins nothing', 'رضا\u200cی', 'U+200C'],
  ])('finds %s', (_, name, character) => {
    expect(invisibleCharacterIn(name)).toBe(character);
    expect(invisibleCharacterIn(withoutInvisibleCharacters(name))).toBeUndefined();
  });

  it.each([
    'ann',
    'Анна Ким',
    'telegram:7 Иван 🛴 100%',
    "O'Neil-Smith",
    'Ṽïë',
    'علی\u200cرضا',
    'क्\u200dष',
    '👩\u200d💻 Ann',
    '❤\ufe0f',
    '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
    'יעל',
    '山田　太郎',
  ])('finds nothing in %s', (name) => {
    expect(invisibleCharacterIn(name)).toBeUndefined();
    expect(withoutInvisibleCharacters(name)).toBe(name);
  });
});
