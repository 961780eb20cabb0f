import { Injectable } from '@nestjs/common';
import { UnreadableImage } from '../../domain/attachments/attachment-errors.js';
import type { Attachment } from '../../domain/attachments/attachment.js';
import { allowedContentType, isPhoto } from '../../domain/attachments/content-types.js';
import type { IdempotencyKey, RequestKey } from '../../domain/incident/idempotency.js';
import type { Provenance } from '../../domain/incident/incident-channel.js';
import { IncidentNotFound } from '../../domain/incident/incident-errors.js';
import type { WriteResult } from '../../domain/incident/incident-repository.js';
import type { IncidentId, Report } from '../../domain/incident/incident-state.js';
import { assertValidText } from '../../domain/incident/incident-text.js';
import type { Incident } from '../../domain/incident/incident.js';
import { countsDuplicate } from '../incident/report-incident.js';
import { Clock } from '../operations/clock.js';
import { AttachmentRepository, type NewAttachment } from './attachment-repository.js';
import { ImageUnreadable, Images } from './images.js';
import { type FileContent, type TemporaryFile, TemporaryFiles } from './temporary-files.js';

/** A file as it was received. */
export interface ReceivedFile {
  /** By the rule of `fileNameOf`. */
  readonly name: string;
  readonly content: FileContent;
}

interface Files {
  readonly files: readonly ReceivedFile[];
  /** Whose attachments of the day these count for. */
  readonly principal: string;
  readonly idempotency?: IdempotencyKey;
}

export type ReportWithFilesCommand = Omit<Report, 'at'> & Files;

export interface AttachFilesCommand extends Provenance, Files {
  readonly id: IncidentId;
  /** Reject the change unless this holds for the incident's version; undefined for any. */
  readonly isExpected?: (version: number) => boolean;
}

export interface AttachResult extends WriteResult {
  /** The attachments of this request. */
  readonly attachments: readonly Attachment[];
}

/** Stores files with a report, or attaches them to an incident: all of it, or nothing. */
@Injectable()
export class AttachFiles {
  constructor(
    private readonly attachments: AttachmentRepository,
    private readonly images: Images,
    private readonly temporaryFiles: TemporaryFiles,
    private readonly clock: Clock,
  ) {}

  /**
   * Before files are received: whether the principal may attach any more today, and whether the incident exists for it. A replay is not
   * limited.
   * @param request undefined if it has no idempotency key.
   * @param incident undefined for a report.
   * @throws DailyLimitReached or IncidentNotFound.
   */
  async requireAllowed(
    principal: string,
    request: RequestKey | undefined,
    incident?: { readonly id: IncidentId; readonly reporter: string | undefined },
  ): Promise<void> {
    if (incident && !(await this.attachments.list(incident.id, incident.reporter, 0))) {
      throw new IncidentNotFound(incident.id);
    }
    await this.attachments.requireDailyAllowance(principal, this.clock.now(), request);
  }

  /**
   * Stores a report with files.
   * @throws InvalidText, UnreadableImage, IdempotencyKeyReused, TooManyAttachments or DailyLimitReached.
   */
  async report({ files, principal, idempotency, ...reported }: ReportWithFilesCommand): Promise<WriteResult> {
    assertValidText(reported.description);
    const { actor, accessKey, channel } = reported;
    const change = { actor, accessKey, channel, at: this.clock.now() };
    const report = { ...reported, at: change.at };
    const store = (prepared: readonly NewAttachment[]) =>
      this.attachments.report(report, countsDuplicate(report, change), {
        files: prepared,
        change,
        principal,
        idempotency,
      });
    return (await this.replayOf(idempotency)) ?? this.withPrepared(files, store);
  }

  /**
   * Attaches files to an incident.
   * @throws UnreadableImage, IdempotencyKeyReused, IncidentNotFound, VersionMismatch, TooManyAttachments or DailyLimitReached.
   */
  async attach({ id, isExpected, ...command }: AttachFilesCommand): Promise<AttachResult> {
    const { actor, accessKey, channel, files, principal, idempotency } = command;
    const change = { actor, accessKey, channel, at: this.clock.now() };
    const precondition = (incident: Incident) => {
      if (isExpected) incident.requireVersion(isExpected);
    };
    const store = (prepared: readonly NewAttachment[]) =>
      this.attachments.attach(id, precondition, { files: prepared, change, principal, idempotency });
    const result = (await this.replayOf(idempotency)) ?? (await this.withPrepared(files, store));
    if (!result) throw new IncidentNotFound(id);
    // The events of a request are the last ones of the version that it has left; so they are for its replay.
    const { version } = result.incident;
    const all = (await this.attachments.list(id, undefined)) ?? [];
    const attachments = all.filter(({ seq }) => seq > version - files.length && seq <= version);
    return { ...result, attachments };
  }

  /** Before images are decoded: a busy machine may take longer for that than they may take. */
  private async replayOf(idempotency: IdempotencyKey | undefined): Promise<WriteResult | undefined> {
    return idempotency && this.attachments.replay(idempotency);
  }

  /**
   * Calls `write` with files as they are to be stored: of a known type, and without metadata of cameras and places.
   * @throws UnreadableImage
   */
  async withPrepared<Result>(
    files: readonly ReceivedFile[],
    write: (prepared: readonly NewAttachment[]) => Promise<Result>,
  ): Promise<Result> {
    const created: TemporaryFile[] = [];
    try {
      const prepared: NewAttachment[] = [];
      for (const file of files) prepared.push(await this.prepare(file, created));
      return await write(prepared);
    } finally {
      await Promise.all(created.map((file) => file.close()));
    }
  }

  /** Detects the type, and removes what an image says about its camera and its place. */
  private async prepare({ name, content }: ReceivedFile, created: TemporaryFile[]): Promise<NewAttachment> {
    const contentType = allowedContentType(await this.images.detectType(content));
    if (!isPhoto(contentType)) return { name, contentType, content };
    try {
      const cleaned = await this.images.withoutMetadata(content, contentType);
      if (!cleaned) return { name, contentType, content };
      const file = await this.temporaryFiles.create();
      created.push(file);
      await file.append(cleaned);
      return { name, contentType, content: file };
    } catch (error) {
      if (error instanceof ImageUnreadable) throw new UnreadableImage(name, error.message);
      throw error;
    }
  }
}
