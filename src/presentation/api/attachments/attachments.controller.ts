import { Readable } from 'node:stream';
import { Controller, Get, Param, Post, Req, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import type { ByteRange } from '../../../application/attachments/attachment-repository.js';
import { AttachFiles } from '../../../application/attachments/attach-files.js';
import { ReadAttachments } from '../../../application/attachments/read-attachments.js';
import { IntakeMetrics, outcomeOfChange } from '../../../application/intake/intake-metrics.js';
import { AttachmentNotFound } from '../../../domain/attachments/attachment-errors.js';
import type { Attachment } from '../../../domain/attachments/attachment.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import { IncidentNotFound } from '../../../domain/incident/incident-errors.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import { Intake, Needs } from '../../http/auth/access-key.guard.js';
import { CurrentActor } from '../../http/auth/provenance.js';
import { reporterOf } from '../../http/auth/reporter.js';
import { unsupported } from '../../http/body/json-body.js';
import { isMultipart, MULTIPART, Uploads } from '../../http/body/uploads.js';
import { expectedVersions } from '../../http/headers/etag.js';
import { idempotencyKeyOf, REPLAYED, requestKeyOf } from '../../http/headers/idempotency-key.js';
import { COMMON_PROBLEMS, Problems } from '../../http/problems/problem-documentation.js';
import { toProblem } from '../../http/problems/problem.filter.js';
import { StrictQuery } from '../../http/validation/known-query.guard.js';
import { parseId, PathId } from '../../http/validation/path-parameters.js';
import { DescribeAttach, DescribeAttachments, DescribeFile } from './attachments.documentation.js';
import { AttachmentQuery, AttachmentResponse } from './attachments.dto.js';
import { answerOf, beginFileAnswer, type ServedFile } from './file-response.js';

const PREVIEW_TYPE = 'image/webp';

/** `/api/v1/incidents/{id}/attachments` */
@ApiTags('Attachments')
@Problems(...COMMON_PROBLEMS)
@Controller('api/v1/incidents/:id/attachments')
export class AttachmentsController {
  constructor(
    private readonly attachFiles: AttachFiles,
    private readonly readAttachments: ReadAttachments,
    private readonly uploads: Uploads,
    private readonly intakeMetrics: IntakeMetrics,
  ) {}

  @Post()
  @Needs('report')
  @Intake()
  @DescribeAttach()
  async attach(
    @Param('id') path: string,
    @CurrentActor() provenance: Provenance,
    @Req() request: Request,
  ): Promise<AttachmentResponse[]> {
    const attach = async () => {
      const id = parseId(path, IncidentNotFound);
      if (!isMultipart(request)) throw unsupported(request, MULTIPART);
      const { principal } = request.accessKey!;
      const operation = `POST /incidents/${id}/attachments`;
      const incident = { id, reporter: reporterOf(request) };
      await this.attachFiles.requireAllowed(principal, requestKeyOf(request, operation), incident);
      return this.uploads.receive(request, { hasReport: false }, ({ files, digest }) => {
        request.bodyDigest = digest;
        const idempotency = idempotencyKeyOf(request, operation);
        const isExpected = expectedVersions(request.headers, id);
        return this.attachFiles.attach({ id, files, principal, isExpected, idempotency, ...provenance });
      });
    };
    const result = await this.intakeMetrics.counted(provenance.channel, attach, outcomeOfChange);
    const { attachments, incident, isReplay } = result;
    const response = request.res!;
    if (isReplay) response.set(REPLAYED);
    const [first] = attachments;
    if (first) response.setHeader('Location', `/api/v1/incidents/${incident.id}/attachments/${first.number}`);
    return attachments.map((attachment) => AttachmentResponse.of(attachment));
  }

  /** List the attachments of an incident */
  @Get()
  @Needs('read-attachments')
  @DescribeAttachments()
  async listAttachments(
    @PathId(IncidentNotFound) id: IncidentId,
    @Req() request: Request,
  ): Promise<AttachmentResponse[]> {
    const attachments = await this.readAttachments.list(id, reporterOf(request));
    return attachments.map((attachment) => AttachmentResponse.of(attachment));
  }

  /**
   * Get an attachment
   * @remarks Returns the bytes of a file, or a part of them. The connection is broken off if the stored bytes are not those that were attached.
   */
  @Get(':number')
  @Needs('read-attachments')
  @DescribeFile()
  async getAttachment(
    @PathId(IncidentNotFound) id: IncidentId,
    @Param('number') path: string,
    @StrictQuery() { preview }: AttachmentQuery,
    @Req() request: Request,
  ): Promise<StreamableFile | undefined> {
    const number = parseId(path, AttachmentNotFound, 'number');
    const attachment = await this.readAttachments.get(id, number, reporterOf(request));
    const served = await this.serve(attachment, preview);
    const answer = answerOf(request, served.file);
    const response = request.res!;
    if (answer.status === 304 || request.method === 'HEAD') {
      beginFileAnswer(response, served.file, answer);
      return undefined;
    }
    const chunks = await begun(served.read(answer.range));
    beginFileAnswer(response, served.file, answer);
    // Half of the answer may be sent: breaking it off is the only way to show a failure.
    return new StreamableFile(Readable.from(chunks, { objectMode: false, highWaterMark: 1 })).setErrorHandler(
      (error) => {
        toProblem(error, request.requestId);
        response.destroy();
      },
    );
  }

  private async serve(
    attachment: Attachment,
    pixels: number | undefined,
  ): Promise<{ readonly file: ServedFile; readonly read: (range: ByteRange) => AsyncIterable<Buffer> }> {
    const { name, contentType, size } = attachment;
    const sha256 = attachment.sha256.toString('hex');
    if (pixels === undefined) {
      const read = (range: ByteRange) => this.readAttachments.read(attachment, range);
      return { file: { name, contentType, size, etag: `"${sha256}"` }, read };
    }
    const preview = await this.readAttachments.preview(attachment, pixels);
    const file = {
      name: `${name}.webp`,
      contentType: PREVIEW_TYPE,
      size: preview.length,
      etag: `"${sha256}-${pixels}"`,
    };
    return { file, read: ({ start, end }) => iterate(preview.subarray(start, end)) };
  }
}

/** The same bytes, once the first ones are there: until then, an error can still be answered with a problem. */
async function begun(chunks: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer>> {
  const iterator = chunks[Symbol.asyncIterator]();
  let first: IteratorResult<Buffer> | undefined = await iterator.next();
  // No generator: one that is closed before its second chunk would not close `chunks`, which may hold a connection.
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const next = first ?? (await iterator.next());
        first = undefined;
        return next;
      },
      return: async () => {
        await iterator.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}

async function* iterate(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes;
}
