import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { TemporaryFiles } from '../../../application/attachments/temporary-files.js';
import { Config } from '../../../config/config.js';
import { MAX_FILE_BYTES, MAX_FILES_PER_REQUEST } from '../../../domain/attachments/attachment.js';
import { invalidInput } from '../problems/problems.js';
import { BodyBudget } from './body-budget.js';
import { FILE_PART, FormReceiver, REPORT_PART, type Upload } from './form-receiver.js';
import { MAX_BODY_BYTES } from './json-body.js';
import { requireUnencoded } from './raw-body.js';

export const MULTIPART = 'multipart/form-data';

/** What the boundaries and headers of all parts may take together. */
const MAX_OVERHEAD_BYTES = 64 * 1024;

const MAX_FORM_BYTES = MAX_BODY_BYTES + MAX_FILES_PER_REQUEST * MAX_FILE_BYTES + MAX_OVERHEAD_BYTES;

/** How long a client waits for an answer once it has sent all: other uploads are stored first. */
const STORE_TIMEOUT_MS = 120_000;

/** Whether the request is a form with files. */
export const isMultipart = (request: Request): boolean => Boolean(request.is(MULTIPART));

/**
 * Receives forms with files (RFC 7578). Files go to the disk as they arrive, so that an upload takes little memory however large it is;
 * what all uploads take on the disk is bounded.
 */
@Injectable()
export class Uploads {
  private readonly budget: BodyBudget;

  constructor(
    private readonly temporaryFiles: TemporaryFiles,
    config: Config,
  ) {
    this.budget = new BodyBudget(config.UPLOAD_DISK_MIB * 1024 * 1024);
  }

  /**
   * Receives the form of a request, and deletes its files once `use` has settled.
   * @param options whether the form has a report besides its files; without one, it has at least one file.
   * @throws HttpProblem, FileTooLarge, TooManyFiles or TemporaryFilesUnavailable if the form is not accepted or not the one that was signed,
   * and what `use` throws.
   */
  async receive<Result>(
    request: Request,
    options: { readonly hasReport: boolean },
    use: (upload: Upload) => Promise<Result>,
  ): Promise<Result> {
    requireUnencoded(request, MAX_FORM_BYTES);
    const receiving = new FormReceiver(request, this.temporaryFiles, this.budget);
    try {
      const upload = await receiving.receive();
      request.contentDigest?.requireMatch();
      requireParts(upload, options.hasReport);
      request.setTimeout(STORE_TIMEOUT_MS);
      // The key may have been revoked while the files arrived.
      await request.requireKeyAgain?.(request);
      return await use(upload);
    } finally {
      await receiving.close();
    }
  }
}

/** @throws HttpProblem unless the form has the parts that its route needs. */
function requireParts({ report, files }: Upload, hasReport: boolean): void {
  if (hasReport && !report) throw invalidInput('body', REPORT_PART, 'report is required, as JSON');
  if (!hasReport && report)
    throw invalidInput('body', REPORT_PART, 'report is not supported here (known: file)');
  if (!hasReport && files.length === 0)
    throw invalidInput('body', FILE_PART, 'at least one file is required');
}
