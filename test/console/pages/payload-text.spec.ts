import fc from 'fast-check';
import {
  decodeUtf8,
  hexDump,
  withVisibleCharacters,
} from '../../../console/src/pages/quarantine/payload-text.js';

describe('the payload of a quarantined message', () => {
  it('is shown as text if it is UTF-8, with its byte order mark', () => {
    expect(decodeUtf8(Buffer.from('Самокат'))).toBe('Самокат');
    expect(decodeUtf8(Buffer.from('\u{FEFF}{}'))).toBe('\u{FEFF}{}');
    expect(decodeUtf8(Buffer.from([0x7b, 0xff, 0x7d]))).toBeUndefined();
  });

  it.each([
    ['a direction override', 'txt.\u{202E}gpj', 'txt.⟨U+202E⟩gpj'],
    ['a null character', 'a\0b', 'a⟨U+0000⟩b'],
    ['a zero-width space', 'a\u{200B}b', 'a⟨U+200B⟩b'],
    ['a line separator', 'a\u{2028}b', 'a⟨U+2028⟩b'],
    ['an escape', '\u{1B}[31m', '⟨U+001B⟩[31m'],
    ['a tag character', 'a\u{E0041}', 'a⟨U+E0041⟩'],
    ['a carriage return', 'a\r\n', 'a⟨U+000D⟩\n'],
  ])('names %s', (_, text, shown) => {
    expect(withVisibleCharacters(text)).toBe(shown);
  });

  it('has nothing that cannot be seen, whatever the message contains', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(withVisibleCharacters(text)).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  it('is shown as bytes, 16 in a line', () => {
    const bytes = Uint8Array.from([...Buffer.from('{"a": 1}\n'), 0xff, ...Buffer.from('<b>tail')]);
    expect(hexDump(bytes)).toBe(
      [
        '000000  7b 22 61 22 3a 20 31 7d 0a ff 3c 62 3e 74 61 69  {"a": 1}..<b>tai',
        '000010  6c                                               l',
      ].join('\n'),
    );
    expect(hexDump(new Uint8Array())).toBe('');
  });
});
