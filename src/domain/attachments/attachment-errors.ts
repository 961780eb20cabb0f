import { DomainError } from '../domain-error.js';
import { MAX_ATTACHMENTS_PER_INCIDENT, MAX_FILE_BYTES, MAX_FILES_PER_REQUEST } from './attachment.js';

export class AttachmentNotFound extends DomainError {
  /** @param number a text where the request has a number past 2^53. */
  constructor(number: number | string) {
    super('attachment.not-found', `The incident has no attachment ${number}.`);
  }
}

export class FileTooLarge extends DomainError {
  constructor(name: string) {
    super('attachment.file-too-large', `The file ${name} must be at most ${MAX_FILE_BYTES} bytes long.`, {
      limit: MAX_FILE_BYTES,
    });
  }
}

export class TooManyFiles extends DomainError {
  constructor() {
    super('attachment.too-many-files', `A request must have at most ${MAX_FILES_PER_REQUEST} files.`, {
      limit: MAX_FILES_PER_REQUEST,
    });
  }
}

/** The incident would have more attachments than it may. */
export class TooManyAttachments extends DomainError {
  constructor() {
    const message = `An incident must have at most ${MAX_ATTACHMENTS_PER_INCIDENT} attachments.`;
    super('attachment.limit-reached', message, { limit: MAX_ATTACHMENTS_PER_INCIDENT });
  }
}

/** The access key has attached as much today as it may. */
export class DailyLimitReached extends DomainError {
  constructor(
    limit: number,
    readonly retryAfterSeconds: number,
  ) {
    const message = `An access key may attach ${limit} bytes on each day in UTC.`;
    super('attachment.daily-limit-reached', message, { limit });
  }
}

/** An image whose metadata cannot be removed: it is broken, or too large to be decoded. */
export class UnreadableImage extends DomainError {
  constructor(name: string, reason: string) {
    super('attachment.unreadable-image', `The image ${name} cannot be read: ${reason}.`);
  }
}

export class NoPreview extends DomainError {
  constructor(contentType: string) {
    super('attachment.no-preview', `A file of type ${contentType} has no preview.`);
  }
}
