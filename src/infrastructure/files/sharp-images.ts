import { buffer } from 'node:stream/consumers';
import { Injectable } from '@nestjs/common';
import { fileTypeFromBuffer } from 'file-type';
import type { Sharp, SharpOptions } from 'sharp';
import { ImageUnreadable, Images } from '../../application/attachments/images.js';
import type { FileContent } from '../../application/attachments/temporary-files.js';
import { Config } from '../../config/config.js';
import { ConcurrencyLimit } from '../../shared/concurrency-limit.js';

/** The part of a file that shows its type. */
const HEAD_BYTES = 64 * 1024;

/** The largest image that is decoded: it then takes up to 256 MB. Cameras of phones have 50 million pixels. */
const MAX_PIXELS = 64_000_000;

/** How long an image may take. */
const TIMEOUT_SECONDS = 10;

/** Of JPEG and WebP: a difference is not visible. */
const QUALITY = 92;
const PREVIEW_QUALITY = 75;

type CreateSharp = (input: Buffer, options?: SharpOptions) => Sharp;

/** Images by libvips, one at a time: each takes a core and much memory. */
@Injectable()
export class SharpImages extends Images {
  private readonly limit = new ConcurrencyLimit(1);
  private readonly keepsMetadata: boolean;
  private loading: Promise<CreateSharp> | undefined;

  constructor({ KEEP_IMAGE_METADATA }: Config) {
    super();
    this.keepsMetadata = KEEP_IMAGE_METADATA === 'true';
  }

  async detectType(content: FileContent): Promise<string | undefined> {
    return (await fileTypeFromBuffer(await content.read(0, HEAD_BYTES)))?.mime;
  }

  async withoutMetadata(content: FileContent, contentType: string): Promise<Buffer | undefined> {
    if (this.keepsMetadata) return undefined;
    return this.process(async (sharp) => {
      const bytes = await content.read(0, content.size);
      return decoding(async () => {
        // Only the header is read: the number of pixels matters to what decodes them.
        const header = await sharp(bytes, { limitInputPixels: false }).metadata();
        const { exif, xmp, iptc, comments, pages = 1 } = header;
        if (!exif && !xmp && !iptc && !comments) return undefined;
        const isAnimated = pages > 1;
        const image = sharp(bytes, { animated: isAnimated }).keepIccProfile();
        // An animation cannot be turned, and no camera makes one.
        const turned = isAnimated ? image : image.autoOrient();
        return encoded(turned, contentType).toBuffer();
      });
    });
  }

  async previewOf(chunks: AsyncIterable<Buffer>, pixels: number): Promise<Buffer> {
    return this.process(async (sharp) => {
      const bytes = await buffer(chunks);
      return decoding(() =>
        sharp(bytes)
          .autoOrient()
          .resize({ width: pixels, height: pixels, fit: 'inside', withoutEnlargement: true })
          .webp({ quality: PREVIEW_QUALITY })
          .toBuffer(),
      );
    });
  }

  private process<Result>(work: (sharp: CreateSharp) => Promise<Result>): Promise<Result> {
    return this.limit.run(async () => {
      const sharp = await (this.loading ??= load());
      return work(sharp);
    });
  }
}

/** Errors of sharp are about the image: it has no others. */
async function decoding<Result>(decode: () => Promise<Result>): Promise<Result> {
  try {
    return await decode();
  } catch (error) {
    throw new ImageUnreadable(firstLineOf(error), { cause: error });
  }
}

// libvips adds a line for each of its layers.
const firstLineOf = (error: unknown): string => (error as Error).message.split('\n', 1)[0]!;

/** Loaded on first use: most processes never see an image, and it takes 30 MB. */
async function load(): Promise<CreateSharp> {
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  sharp.concurrency(1);
  return (input, options) => {
    const image = sharp(input, { limitInputPixels: MAX_PIXELS, failOn: 'none', ...options });
    return image.timeout({ seconds: TIMEOUT_SECONDS });
  };
}

function encoded(image: Sharp, contentType: string): Sharp {
  if (contentType === 'image/png') return image.png();
  if (contentType === 'image/webp') return image.webp({ quality: QUALITY });
  return image.jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' });
}
