import { Injectable } from '@nestjs/common';
import { AttachmentNotFound, NoPreview } from '../../domain/attachments/attachment-errors.js';
import { type Attachment, MAX_ATTACHMENTS_PER_INCIDENT } from '../../domain/attachments/attachment.js';
import { isPhoto } from '../../domain/attachments/content-types.js';
import { IncidentNotFound } from '../../domain/incident/incident-errors.js';
import type { IncidentId } from '../../domain/incident/incident-state.js';
import { AttachmentRepository, type ByteRange } from './attachment-repository.js';
import { ImageUnreadable, Images } from './images.js';

/** Previews that are kept in memory: some hundreds. */
const MAX_CACHED_BYTES = 16 * 1024 * 1024;

/** Lists and reads the attachments of incidents. */
@Injectable()
export class ReadAttachments {
  /** The least recently used first. */
  private readonly previews = new Map<string, Buffer>();
  private cachedBytes = 0;
  /** Several browsers that show one incident share the work. */
  private readonly inFlight = new Map<string, Promise<Buffer>>();

  constructor(
    private readonly attachments: AttachmentRepository,
    private readonly images: Images,
  ) {}

  /**
   * The attachments of an incident.
   * @param reporter a principal that sees only its own files, of incidents that it has reported; undefined for all.
   * @throws IncidentNotFound
   */
  async list(id: IncidentId, reporter: string | undefined): Promise<readonly Attachment[]> {
    const attachments = await this.attachments.list(id, reporter);
    if (!attachments) throw new IncidentNotFound(id);
    return attachments;
  }

  /** @throws IncidentNotFound or AttachmentNotFound. */
  async get(id: IncidentId, number: number, reporter: string | undefined): Promise<Attachment> {
    // Any larger number is as unknown to the store, and may be too large for it.
    const asked = Math.min(number, MAX_ATTACHMENTS_PER_INCIDENT + 1);
    const found = await this.attachments.list(id, reporter, asked);
    if (!found) throw new IncidentNotFound(id);
    const [attachment] = found;
    if (!attachment) throw new AttachmentNotFound(number);
    return attachment;
  }

  /** The verified bytes, as they are read from the store. */
  read(attachment: Attachment, range: ByteRange): AsyncIterable<Buffer> {
    return this.attachments.read(attachment, range);
  }

  /**
   * A smaller image, as WebP, that fits into a square of so many pixels.
   * @throws NoPreview if it is no image, or one that cannot be decoded.
   */
  async preview(attachment: Attachment, pixels: number): Promise<Buffer> {
    if (!isPhoto(attachment.contentType)) throw new NoPreview(attachment.contentType);
    const key = `${attachment.sha256.toString('base64')} ${pixels}`;
    const cached = this.previews.get(key);
    if (cached) {
      this.previews.delete(key);
      this.previews.set(key, cached);
      return cached;
    }
    let making = this.inFlight.get(key);
    if (!making) {
      making = this.makePreview(attachment, pixels, key).finally(() => this.inFlight.delete(key));
      this.inFlight.set(key, making);
    }
    return making;
  }

  private async makePreview(attachment: Attachment, pixels: number, key: string): Promise<Buffer> {
    try {
      const preview = await this.images.previewOf(this.attachments.read(attachment), pixels);
      this.cache(key, preview);
      return preview;
    } catch (error) {
      if (error instanceof ImageUnreadable) throw new NoPreview(attachment.contentType);
      throw error;
    }
  }

  private cache(key: string, preview: Buffer): void {
    this.previews.set(key, preview);
    this.cachedBytes += preview.length;
    for (const [oldest, { length }] of this.previews) {
      if (this.cachedBytes <= MAX_CACHED_BYTES) break;
      this.previews.delete(oldest);
      this.cachedBytes -= length;
    }
  }
}
