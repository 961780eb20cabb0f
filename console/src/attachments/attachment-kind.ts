import type { Attachment } from '../api/types.js';

/** What the page makes of an attachment: it shows images, plays sound and video, and offers everything else as a download. */
export type AttachmentKind = 'image' | 'audio' | 'video' | 'file';

/** Types of images, sound and video that the service offers as downloads only, since few browsers show or play them. */
const DOWNLOADS: ReadonlySet<string> = new Set([
  'image/heic',
  'image/heif',
  'image/avif',
  'audio/amr',
  'video/3gpp',
]);

const KINDS: Readonly<Record<string, AttachmentKind>> = { image: 'image', audio: 'audio', video: 'video' };

/** The kind of a file of this type, as the service has detected it. */
export function kindOf(contentType: string): AttachmentKind {
  if (DOWNLOADS.has(contentType)) return 'file';
  return KINDS[contentType.split('/', 1)[0]!] ?? 'file';
}

/** Whether a file is an image, sound or video that browsers do not show: people wonder why. */
export const isUnsupported = (contentType: string): boolean => DOWNLOADS.has(contentType);

/** The path of the bytes of an attachment. */
export const fileUrl = (incident: number, { number }: Pick<Attachment, 'number'>): string =>
  `/api/v1/incidents/${incident}/attachments/${number}`;

/** The path of a smaller image; only if the attachment has one. */
export const previewUrl = (incident: number, attachment: Pick<Attachment, 'number'>): string =>
  `${fileUrl(incident, attachment)}?preview=640`;
