import { createHash, hash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  AttachmentRepository,
  type ByteRange,
  type NewAttachments,
} from '../../../application/attachments/attachment-repository.js';
import { Config } from '../../../config/config.js';
import type { Attachment } from '../../../domain/attachments/attachment.js';
import type { WriteResult } from '../../../domain/incident/incident-repository.js';
import type { IncidentId, Report } from '../../../domain/incident/incident-state.js';
import type { Incident } from '../../../domain/incident/incident.js';
import { ConcurrencyLimit } from '../../../shared/concurrency-limit.js';
import { AttachmentMetrics } from '../../prometheus/attachment-metrics.js';
import { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import { Database } from '../connection/database.js';
import { IdempotencyRecords } from '../idempotency/idempotency-records.js';
import type { ChangeOutcome } from '../incidents/pending-changes.js';
import { CHUNK_BYTES, LIST, READ_CHUNK } from './attachment-statements.js';
import { type AttachRequest, AttachmentWriter } from './attachment-writer.js';

/** The number of transactions with files at once, and of their connections. More would not be faster: the disk is busy. */
const MAX_WRITES = 2;

/** The number of connections that read files. */
const READ_CONNECTIONS = 2;

interface ListRow extends Pick<Attachment, 'id' | 'number' | 'seq' | 'name' | 'size' | 'sha256' | 'at'> {
  readonly incident_id: number;
  readonly content_type: string;
  readonly actor: string;
  readonly channel: string;
}

/** The stored bytes of an attachment are not those that were attached. */
class CorruptedAttachment extends Error {
  constructor({ id, incidentId, number }: Attachment, reason: string) {
    super(`attachment ${number} of incident ${incidentId} (id ${id}) is corrupted: ${reason}`);
  }
}

/** Files in PostgreSQL, over connections of their own: other requests do not wait for them. */
@Injectable()
export class PostgresAttachments extends AttachmentRepository {
  private readonly logger = new Logger(PostgresAttachments.name);
  private readonly writes = new ConcurrencyLimit(MAX_WRITES);
  private readonly writer: AttachmentWriter;
  private readonly reads: Database;

  constructor(
    dataSource: DataSource,
    private readonly database: Database,
    incidentMetrics: IncidentMetrics,
    private readonly metrics: AttachmentMetrics,
    { attachmentsDailyBytes: dailyBytes }: Config,
  ) {
    super();
    this.reads = database.separate(READ_CONNECTIONS);
    const records = new IdempotencyRecords(database);
    const options = { connections: database.separate(MAX_WRITES), dailyBytes };
    this.writer = new AttachmentWriter(dataSource, database, records, incidentMetrics, metrics, options);
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
    for (let index = Math.floor(start / CHUNK_BYTES); index * CHUNK_BYTES < end; index++) {
      const first = index * CHUNK_BYTES;
      const bytes = await this.readChunk(attachment, index);
      whole?.update(bytes);
      if (whole && first + bytes.length === end && !whole.digest().equals(attachment.sha256)) {
        throw this.corrupted(attachment, 'its digest does not match');
      }
      yield bytes.subarray(Math.max(start - first, 0), end - first);
    }
  }

  requireDailyAllowance(principal: string, now: Date): Promise<void> {
    return this.writer.requireAllowance(this.database, principal, now, { isMore: true });
  }

  private async write(request: AttachRequest): Promise<WriteResult | undefined> {
    const outcome: ChangeOutcome = await this.writes.run(() => this.writer.write(request));
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  private async readChunk(attachment: Attachment, index: number): Promise<Buffer> {
    const rows = await this.reads.query<{ bytes: Buffer; sha256: Buffer }>(READ_CHUNK, [
      attachment.id,
      index,
    ]);
    const [chunk] = rows;
    const length = Math.min(CHUNK_BYTES, attachment.size - index * CHUNK_BYTES);
    if (chunk?.bytes.length !== length)
      throw this.corrupted(attachment, `its chunk ${index} is missing or too short`);
    if (!hash('sha256', chunk.bytes, 'buffer').equals(chunk.sha256)) {
      throw this.corrupted(attachment, `the digest of its chunk ${index} does not match`);
    }
    return chunk.bytes;
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
