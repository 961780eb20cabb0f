/**
 * Characters that are invisible or change the direction of the text around them: names that differ only by them look the same.
 * These are the control, format and separator characters of Unicode (all of Bidi_Control is among them), those that are ignored
 * if they cannot be shown, and the blank of Braille.
 */
const INVISIBLE = String.raw`[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]`;

/**
 * Places where such characters have a visible effect. Joiners stand after a virama or between Arabic letters that would join
 * (https://www.rfc-editor.org/rfc/rfc5892#appendix-A.1), and emoji consist of sequences
 * (https://www.unicode.org/reports/tr51/#def_rgi_set).
 */
const LEGITIMATE = [
  String.raw`\p{RGI_Emoji}`,
  String.raw`(?<=[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca])[\u200c\u200d]`,
  // After a letter that joins nothing on its left, a joiner is invisible.
  String.raw`(?<=[[\p{Script=Arabic}&&\p{L}]--[\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd\u06cf\u06d2\u06d3\u06d5\u06ee\u06ef]])\u200c(?=[\p{Script=Arabic}&&\p{L}])`,
].join('|');

const EITHER = new RegExp(`(${LEGITIMATE})|${INVISIBLE}`, 'gv');

/** The first invisible character of the name, as `U+202E`; undefined if there is none. */
export function invisibleCharacterIn(name: string): string | undefined {
  for (const [found, legitimate] of name.matchAll(EITHER)) {
    if (legitimate === undefined)
      return `U+${found.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  }
  return undefined;
}

/** The name with a space in place of each invisible character. */
export function withoutInvisibleCharacters(name: string): string {
  return name.replaceAll(EITHER, (_, legitimate?: string) => legitimate ?? ' ');
}
