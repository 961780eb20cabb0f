/** Characters that change what the ones around them look like, or that cannot be seen: controls, direction marks, other formats. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Line breaks and tabs look like what they are. */
const KEPT: ReadonlySet<string> = new Set(['\n', '\t']);

const BYTES_PER_LINE = 16;

/** The text of a payload in UTF-8; undefined if it is none. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The text with names in place of characters that nobody sees: `⟨U+202E⟩`. So it looks like what it is, and stays in its place. */
export function withVisibleCharacters(text: string): string {
  return text.replaceAll(INVISIBLE, (character) =>
    KEPT.has(character)
      ? character
      : `⟨U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}

/** The bytes in lines of 16, each with its offset, in hexadecimal and as ASCII. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += BYTES_PER_LINE) {
    const line = [...bytes.subarray(offset, offset + BYTES_PER_LINE)];
    const hex = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const ascii = line
      .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
      .join('');
    lines.push(`${offset.toString(16).padStart(6, '0')}  ${hex.padEnd(3 * BYTES_PER_LINE - 1)}  ${ascii}`);
  }
  return lines.join('\n');
}
