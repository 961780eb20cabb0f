import type { FileContent } from './temporary-files.js';

/** An image cannot be decoded: it is broken, has too many pixels, or takes too long. */
export class ImageUnreadable extends Error {}

/** Reads types and images from bytes that nobody vouches for. */
export abstract class Images {
  /** The type that the first bytes of a file show; undefined if they show none. */
  abstract detectType(content: FileContent): Promise<string | undefined>;

  /**
   * The same image without metadata of the camera and the place, turned as that said; undefined if it has no metadata, or metadata is to
   * be kept.
   * @throws ImageUnreadable
   */
  abstract withoutMetadata(content: FileContent, contentType: string): Promise<Buffer | undefined>;

  /**
   * A smaller image, as WebP, that fits into a square of so many pixels.
   * @throws ImageUnreadable
   */
  abstract previewOf(bytes: AsyncIterable<Buffer>, pixels: number): Promise<Buffer>;
}
