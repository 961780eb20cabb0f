/** The type of a file whose type is not known, or not in the list. Browsers download it. */
export const OCTET_STREAM = 'application/octet-stream';

/** What a browser may do with files of a type. */
interface ContentType {
  /** Whether a browser may show or play it in place; anything else it downloads. */
  readonly isInline?: true;
  /** Whether its metadata is removed, and it has previews. */
  readonly isPhoto?: true;
}

/**
 * The types that a file may have. None of them is a document in which a browser runs scripts: HTML and SVG are not in the list, so
 * they are downloaded as OCTET_STREAM. HEIC and AVIF are stored as they came, and downloaded: most browsers cannot show HEIC.
 */
export const CONTENT_TYPES: Readonly<Record<string, ContentType>> = {
  'image/jpeg': { isInline: true, isPhoto: true },
  'image/png': { isInline: true, isPhoto: true },
  'image/webp': { isInline: true, isPhoto: true },
  // GIF has no metadata of a camera.
  'image/gif': { isInline: true },
  'image/heic': {},
  'image/heif': {},
  'image/avif': {},
  'audio/mpeg': { isInline: true },
  'audio/mp4': { isInline: true },
  'audio/x-m4a': { isInline: true },
  'audio/aac': { isInline: true },
  'audio/ogg': { isInline: true },
  'audio/wav': { isInline: true },
  'audio/flac': { isInline: true },
  'audio/amr': {},
  'video/mp4': { isInline: true },
  'video/webm': { isInline: true },
  'video/quicktime': { isInline: true },
  'video/3gpp': {},
  'application/pdf': {},
  'application/zip': {},
  'application/gzip': {},
  'application/x-7z-compressed': {},
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': {},
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': {},
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': {},
  'application/vnd.oasis.opendocument.text': {},
  'application/vnd.oasis.opendocument.spreadsheet': {},
};

/** The detected type if it is in the list, else OCTET_STREAM. */
export function allowedContentType(detected: string | undefined): string {
  // Parameters, such as codecs, do not matter.
  const type = detected?.split(';', 1)[0]?.trim();
  return type !== undefined && Object.hasOwn(CONTENT_TYPES, type) ? type : OCTET_STREAM;
}

/** Whether a browser may show or play a file of this type in place. */
export const isInline = (type: string): boolean => CONTENT_TYPES[type]?.isInline ?? false;

/** Whether metadata is removed from files of this type, and they have previews. */
export const isPhoto = (type: string): boolean => CONTENT_TYPES[type]?.isPhoto ?? false;
