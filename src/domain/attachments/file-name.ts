import { withoutInvisibleCharacters } from '../../shared/visible-name.js';

/** The limit of file systems, in bytes of UTF-8. */
export const MAX_FILE_NAME_BYTES = 255;

/** The name of a file that comes without one. */
export const DEFAULT_FILE_NAME = 'file';

/** The longest ending that counts as an extension, such as `.jpeg`; a name that is too long keeps it. */
const EXTENSION = /\.[\p{L}\p{N}]{1,10}$/u;

/**
 * The name under which a file is stored, listed and offered for download. It is what the sender calls the file, without what could make
 * it a path or deceive a reader: directories, characters that are invisible or change the direction of text, and spaces and dots at
 * its ends. Accents are composed, so that names from macOS equal others.
 */
export function fileNameOf(given: string | undefined): string {
  const last = (given ?? '').toWellFormed().split(/[/\\]/).at(-1)!;
  const name = trimmed(withoutInvisibleCharacters(last).normalize('NFC'));
  return shortened(name) || DEFAULT_FILE_NAME;
}

// A name with a dot at its start is hidden on Unix; one with a dot or a space at its end is another one on Windows.
function trimmed(name: string): string {
  return name.replaceAll(/\s+/gu, ' ').replaceAll(/^[ .]+|[ .]+$/g, '');
}

function shortened(name: string): string {
  if (Buffer.byteLength(name) <= MAX_FILE_NAME_BYTES) return name;
  const extension = EXTENSION.exec(name)?.[0] ?? '';
  let stem = '';
  let bytes = Buffer.byteLength(extension);
  for (const character of name.slice(0, name.length - extension.length)) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_FILE_NAME_BYTES) break;
    stem += character;
  }
  return `${stem.trimEnd()}${extension}`;
}
