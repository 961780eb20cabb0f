import { createHash, hash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import {
  AttachmentRepository,
  type ByteRange,
  type NewAttachments,
} from '../../../application/attachments/attachment-repository.js';
import { Config } from '../../../config/config.js';
import { DailyLimitReached } from '../../../domain/attachments/attachment-errors.js';
import type { Attachment } from '../../../domain/attachments/attachment.js';
import type { IdempotencyKey, RequestKey } from '../../../domain/incident/idempotency.js';
import type { WriteResult } from '../../../domain/incident/incident-repository.js';
import type { IncidentId, Report } from '../../../domain/incident/incident-state.js';
import type { Incident } from '../../../domain/incident/incident.js';
import { AttachmentMetrics } from '../../prometheus/attachment-metrics.js';
import { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import { ObjectStore } from '../../s3/object-store.js';
import { resultOf } from '../batching/outcome.js';
import { Database } from '../connection/database.js';
import { IdempotencyRecords } from '../idempotency/idempotency-records.js';
import { CHUNK_BYTES, FIND_OBJECT, LIST, READ_CHUNK } from './attachment-statements.js';
import { type AttachRequest, AttachmentWriter } from './attachment-writer.js';
import { ContentWriter } from './content-writer.js';
import { DailyLimit } from './daily-limit.js';
import { ObjectContents } from './object-contents.js';
import { ObjectSweep } from './object-sweep.js';
import type { StoredChunk } from './stored-chunk.js';

/** The number of connections that read files. */
const READ_CONNECTIONS = 2;

interface ListRow extends Pick<Attachment, 'id' | 'number' | 'seq' | 'name' | 'size' | 'sha256' | 'at'> {
  readonly incident_id: number;
  readonly content_type: string;
  readonly actor: string;
  readonly channel: string;
}

/** Where an attachment has its bytes. */
type ObjectRow =
  | { readonly object: string; readonly chunk_digests: Buffer }
  | { readonly object: null; readonly chunk_digests: null };

/** The stored bytes of an attachment are not those that were attached. */
class CorruptedAttachment extends Error {
  constructor({ id, incidentId, number }: Attachment, reason: string) {
    super(`attachment ${number} of incident ${incidentId} (id ${id}) is corrupted: ${reason}`);
  }
}

/**
 * Files in PostgreSQL, over connections of their own: other requests do not wait for them. Their bytes are there too, or in S3; each
 * file stays where it was stored.
 */
@Injectable()
export class PostgresAttachments extends AttachmentRepository {
  private readonly logger = new Logger(PostgresAttachments.name);
  private readonly records: IdempotencyRecords;
  private readonly writer: AttachmentWriter;
  private readonly reads: Database;
  private readonly objects: ObjectContents;
  private readonly dailyLimit: DailyLimit;

  constructor(
    dataSource: DataSource,
    private readonly database: Database,
    incidentMetrics: IncidentMetrics,
    private readonly metrics: AttachmentMetrics,
    { attachmentsDailyBytes: dailyBytes }: Config,
    store: ObjectStore,
    sweep: ObjectSweep,
  ) {
    super();
    this.objects = new ObjectContents(store, database, sweep);
    this.reads = database.separate(READ_CONNECTIONS);
    this.records = new IdempotencyRecords(database);
    this.dailyLimit = new DailyLimit(dailyBytes);
    this.writer = new AttachmentWriter(
      dataSource,
      database,
      this.records,
      incidentMetrics,
      metrics,
      new ContentWriter(store.isConfigured ? this.objects : undefined),
      this.dailyLimit,
    );
  }

  async replay(idempotency: IdempotencyKey): Promise<WriteResult | undefined> {
    const earlier = (await this.records.find([{ idempotency }])).get(idempotency);
    return earlier && resultOf(earlier);
  }

  async report(
    report: Report,
    countDuplicate: (incident: Incident) => void,
    attachments: NewAttachments,
  ): Promise<WriteResult> {
    // A report makes an incident, or finds one.
    return (await this.write({ ...withKey(attachments), target: { report, countDuplicate } }))!;
  }

  attach(
    id: IncidentId,
    precondition: (incident: Incident) => void,
    attachments: NewAttachments,
  ): Promise<WriteResult | undefined> {
    return this.write({ ...withKey(attachments), target: { id, precondition } });
  }

  async list(
    id: IncidentId,
    reporter: string | undefined,
    number?: number,
  ): Promise<readonly Attachment[] | undefined> {
    const values = [id, reporter ?? null, number ?? null];
    const rows = await this.database.query<ListRow | { number: null }>(LIST, values);
    if (rows.length === 0) return undefined;
    return rows.filter((row) => row.number !== null).map(toAttachment);
  }

  /**
   * Each chunk is compared with its digest before it is returned, and the last one waits for the digest of the whole file, if all of it is
   * read.
   */
  async *read(
    attachment: Attachment,
    { start, end }: ByteRange = { start: 0, end: attachment.size },
  ): AsyncIterable<Buffer> {
    const whole = start === 0 && end === attachment.size ? createHash('sha256') : undefined;
    let index = Math.floor(start / CHUNK_BYTES);
    const endIndex = Math.ceil(end / CHUNK_BYTES);
    if (index === endIndex) return;
    for await (const chunk of this.chunksOf(attachment, index, endIndex)) {
      const first = index * CHUNK_BYTES;
      const bytes = this.verified(attachment, index, chunk);
      whole?.update(bytes);
      if (whole && first + bytes.length === end && !whole.digest().equals(attachment.sha256)) {
        throw this.corrupted(attachment, 'its digest does not match');
      }
      yield bytes.subarray(Math.max(start - first, 0), end - first);
      index++;
    }
    if (index < endIndex) throw this.corrupted(attachment, `its chunk ${index} is missing`);
  }

  async requireDailyAllowance(principal: string, now: Date, request: RequestKey | undefined): Promise<void> {
    try {
      await this.dailyLimit.require(this.database, principal, now, { isMore: true });
    } catch (error) {
      // The request that has reached the limit is committed: so its key is found from then on.
      const isReplay = error instanceof DailyLimitReached && request && (await this.records.has(request));
      if (!isReplay) throw error;
    }
  }

  private async write(request: AttachRequest): Promise<WriteResult | undefined> {
    return resultOf(await this.writer.write(request));
  }

  /** The chunks from an index until before another one, as they are stored: fewer if some are missing. */
  private async *chunksOf(attachment: Attachment, first: number, end: number): AsyncIterable<StoredChunk> {
    const [row] = await this.reads.query<ObjectRow>(FIND_OBJECT, [attachment.id]);
    if (row && row.object !== null) {
      const { object, chunk_digests: chunkDigests } = row;
      yield* this.objects.read({ object, chunkDigests, size: attachment.size }, first, end);
      return;
    }
    for (let index = first; index < end; index++) {
      const [chunk] = await this.reads.query<StoredChunk & QueryResultRow>(READ_CHUNK, [
        attachment.id,
        index,
      ]);
      if (!chunk) return;
      yield chunk;
    }
  }

  private verified(attachment: Attachment, index: number, { bytes, sha256 }: StoredChunk): Buffer {
    const length = Math.min(CHUNK_BYTES, attachment.size - index * CHUNK_BYTES);
    if (bytes.length !== length) throw this.corrupted(attachment, `its chunk ${index} has another length`);
    if (!hash('sha256', bytes, 'buffer').equals(sha256)) {
      throw this.corrupted(attachment, `the digest of its chunk ${index} does not match`);
    }
    return bytes;
  }

  private corrupted(attachment: Attachment, reason: string): CorruptedAttachment {
    const error = new CorruptedAttachment(attachment, reason);
    this.metrics.corruptionFound();
    this.logger.error(error.message);
    return error;
  }
}

const withKey = (attachments: NewAttachments) => ({ ...attachments, idempotency: attachments.idempotency });

function toAttachment(row: ListRow): Attachment {
  const { incident_id: incidentId, content_type: contentType, ...others } = row;
  return { ...others, incidentId, contentType };
}
