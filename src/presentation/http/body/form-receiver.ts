import { createHash, hash } from 'node:crypto';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import type { Request } from 'express';
import type { TemporaryFile, TemporaryFiles } from '../../../application/attachments/temporary-files.js';
import { FileTooLarge, TooManyFiles } from '../../../domain/attachments/attachment-errors.js';
import { MAX_FILE_BYTES, MAX_FILES_PER_REQUEST } from '../../../domain/attachments/attachment.js';
import { fileNameOf } from '../../../domain/attachments/file-name.js';
import { HttpProblem, invalidInput } from '../problems/problems.js';
import type { BodyBudget, BudgetedBody } from './body-budget.js';
import { MAX_BODY_BYTES } from './json-body.js';
import { discard, overBudget, tooLarge } from './raw-body.js';

/** The part with the report, as JSON. */
export const REPORT_PART = 'report';

/** A part with a file. */
export const FILE_PART = 'file';

/** How long a client may take to send all of it. One that sends nothing for 35 s is disconnected before. */
const UPLOAD_TIMEOUT_MS = 600_000;

/** The transfer encodings that change nothing (RFC 2045, 6.2); RFC 7578 deprecates the header. */
const IDENTITY_ENCODINGS = new Set(['7bit', '8bit', 'binary']);

/** A file of a form. */
export interface UploadedFile {
  readonly name: string;
  readonly content: TemporaryFile;
  /** SHA-256 of the bytes. */
  readonly digest: Buffer;
}

/** A form as it was received. */
export interface Upload {
  /** The bytes of the report; undefined if the form has none. */
  readonly report: Buffer | undefined;
  readonly files: readonly UploadedFile[];
  /** Tells whether two forms are equal, whatever boundary separates their parts. */
  readonly digest: Buffer;
}

/** Receives one form: the report into memory, and its files onto the disk as they arrive. */
export class FormReceiver {
  private readonly body: BudgetedBody;
  private readonly created: TemporaryFile[] = [];
  private readonly files: Promise<UploadedFile | undefined>[] = [];
  private readonly outcome = Promise.withResolvers<void>();
  private report: Promise<Buffer> | undefined;
  private current: BusboyFileStream | undefined;
  private failure: unknown;

  constructor(
    private readonly request: Request,
    private readonly temporaryFiles: TemporaryFiles,
    budget: BodyBudget,
  ) {
    this.body = budget.begin(() => this.fail(overBudget()));
    // `receive` may fail before it waits for the outcome.
    this.outcome.promise.catch(() => undefined);
  }

  /** @throws HttpProblem, FileTooLarge, TooManyFiles or TemporaryFilesUnavailable if the form is not accepted. */
  async receive(): Promise<Upload> {
    const { request } = this;
    const timer = setTimeout(() => this.fail(tooSlow()), UPLOAD_TIMEOUT_MS);
    const onClose = (): void => {
      if (!request.complete)
        this.fail(new HttpProblem('request.malformed-body', 'The connection was closed.'));
    };
    request.on('close', onClose);
    try {
      // The client may have disappeared before its form was waited for.
      if (request.destroyed) onClose();
      const { contentDigest } = request;
      if (contentDigest) request.on('data', (chunk: Buffer) => contentDigest.update(chunk));
      request.pipe(this.parser());
      await this.outcome.promise;
      const [report, files] = await Promise.all([this.report, Promise.all(this.files)]);
      if (this.failure !== undefined) throw this.failure as Error;
      this.body.complete();
      const uploaded = files.filter((file) => file !== undefined);
      return { report, files: uploaded, digest: digestOfForm(report, uploaded) };
    } catch (error) {
      this.fail(error);
      throw this.failure;
    } finally {
      clearTimeout(timer);
      request.off('close', onClose);
    }
  }

  /** Deletes the files, also those that are still being received. */
  async close(): Promise<void> {
    // A file that is still being written is closed after that.
    await Promise.allSettled(this.files);
    await Promise.all(this.created.map((file) => file.close()));
    this.body.release();
  }

  private parser(): BusboyInstance {
    const contentType = this.request.headers['content-type']!;
    let parser: BusboyInstance;
    try {
      parser = new Busboy({
        headers: { 'content-type': contentType },
        isPartAFile: () => true,
        preservePath: true,
        limits: { parts: MAX_FILES_PER_REQUEST + 2, headerPairs: 20, headerSize: 8 * 1024 },
      });
    } catch {
      throw malformed('it has no boundary');
    }
    parser.on('file', (name, stream, fileName, encoding) =>
      this.receivePart(name, stream, fileName, encoding),
    );
    parser.on('partsLimit', () => this.fail(new TooManyFiles()));
    parser.on('error', (error) => this.fail(malformed((error as Error).message)));
    parser.on('finish', () => this.outcome.resolve());
    return parser;
  }

  private receivePart(
    name: string | undefined,
    stream: BusboyFileStream,
    fileName: string | undefined,
    encoding: string,
  ): void {
    this.current = stream;
    stream.on('error', (error: Error) => this.fail(malformed(error.message)));
    // After a failure, parts are still parsed until the parser notices.
    if (this.failure !== undefined) {
      stream.resume();
      return;
    }
    const received = this.acceptPart(name, stream, fileName, encoding);
    received.catch((error: unknown) => this.fail(error));
  }

  private acceptPart(
    name: string | undefined,
    stream: BusboyFileStream,
    fileName: string | undefined,
    encoding: string,
  ): Promise<unknown> {
    if (!IDENTITY_ENCODINGS.has(encoding)) {
      return this.reject(stream, malformed(`the transfer encoding ${encoding} of a part is not supported`));
    }
    if (name === REPORT_PART) {
      if (this.report)
        return this.reject(stream, invalidInput('body', REPORT_PART, 'report must be sent once'));
      this.report = this.receiveReport(stream);
      return this.report;
    }
    if (name !== FILE_PART) {
      const detail = `unknown part ${name ?? ''} (known: ${REPORT_PART}, ${FILE_PART})`;
      return this.reject(stream, invalidInput('body', name, detail));
    }
    if (this.files.length === MAX_FILES_PER_REQUEST) return this.reject(stream, new TooManyFiles());
    const file = this.receiveFile(stream, fileName);
    this.files.push(file);
    return file;
  }

  /** Fails at once: a short form may be finished before a promise is settled. */
  private reject(stream: BusboyFileStream, problem: Error): Promise<never> {
    stream.resume();
    this.fail(problem);
    return Promise.reject(problem);
  }

  private async receiveReport(stream: BusboyFileStream): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of bytesOf(stream)) {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, length);
  }

  /** Undefined for a field of a form without a file: browsers send it without a name and without bytes. */
  private async receiveFile(
    stream: BusboyFileStream,
    fileName: string | undefined,
  ): Promise<UploadedFile | undefined> {
    const name = fileNameOf(fileName);
    const content = await this.temporaryFiles.create();
    this.created.push(content);
    const digest = createHash('sha256');
    for await (const chunk of bytesOf(stream)) {
      if (this.failure !== undefined) throw this.failure as Error;
      if (content.size + chunk.length > MAX_FILE_BYTES) throw new FileTooLarge(name);
      this.body.add(chunk.length);
      digest.update(chunk);
      await content.append(chunk);
    }
    if (!fileName && content.size === 0) return undefined;
    return { name, content, digest: digest.digest() };
  }

  /** Ends the receiving, with the first failure. The rest of the form is read and dropped, so that its client reads the answer. */
  private fail(error: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.outcome.reject(error);
    this.body.release();
    const { request, current } = this;
    request.unpipe();
    if (current && !current.readableEnded) current.destroy(error as Error);
    discard(request, MAX_FILES_PER_REQUEST * MAX_FILE_BYTES);
  }
}

/** The bytes of a part. @throws HttpProblem if the form ends within it. */
async function* bytesOf(part: BusboyFileStream): AsyncGenerator<Buffer> {
  try {
    yield* part as AsyncIterable<Buffer>;
  } catch (error) {
    throw error instanceof HttpProblem ? error : malformed((error as Error).message);
  }
}

function digestOfForm(report: Buffer | undefined, files: readonly UploadedFile[]): Buffer {
  const parts = files.map(({ name, digest }) => [name, digest.toString('hex')]);
  const reportDigest = report && hash('sha256', report, 'hex');
  return hash('sha256', JSON.stringify([reportDigest ?? null, parts]), 'buffer');
}

function malformed(reason: string): HttpProblem {
  return new HttpProblem('request.malformed-body', `The body is not a valid form: ${reason}.`);
}

function tooSlow(): HttpProblem {
  return new HttpProblem('request.timeout', `The form did not arrive within ${UPLOAD_TIMEOUT_MS / 1_000} s.`);
}
