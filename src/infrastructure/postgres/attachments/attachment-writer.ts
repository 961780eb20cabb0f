import type { DataSource } from 'typeorm';
import type {
  NewAttachment,
  NewAttachments,
} from '../../../application/attachments/attachment-repository.js';
import { DailyLimitReached } from '../../../domain/attachments/attachment-errors.js';
import type { AttachedFile } from '../../../domain/attachments/attachment.js';
import { DomainError } from '../../../domain/domain-error.js';
import { IdempotencyKeyInUse } from '../../../domain/incident/idempotency.js';
import type { DedupKey } from '../../../domain/incident/incident-repository.js';
import type { IncidentId, Report } from '../../../domain/incident/incident-state.js';
import { Incident } from '../../../domain/incident/incident.js';
import { ConcurrencyLimit } from '../../../shared/concurrency-limit.js';
import type { AttachmentMetrics } from '../../prometheus/attachment-metrics.js';
import type { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import { arraysOf } from '../connection/array-parameters.js';
import { LIMITS_MS } from '../connection/connection.js';
import type { Database } from '../connection/database.js';
import { inTransaction } from '../connection/transaction.js';
import { type IdempotencyRecords, isKeyLocked, isKeyTaken } from '../idempotency/idempotency-records.js';
import { settleRequests } from '../idempotency/settle-requests.js';
import { isOpenAlready } from '../incidents/deduplication.js';
import { findIncidents, selectIncidents } from '../incidents/find-incidents.js';
import { FIND_OPEN } from '../incidents/incident-statements.js';
import { type ChangeOutcome, PendingChanges } from '../incidents/pending-changes.js';
import { recordRejections } from '../incidents/record-rejections.js';
import { ADD, ADD_UNLESS_OPEN, keyedReportValues, reportValues } from '../incidents/report-statements.js';
import {
  ADD_ATTACHMENTS,
  ATTACHMENT_COLUMNS,
  LAST_NUMBER,
  LOCK_INCIDENT,
  LOCK_PRINCIPAL,
} from './attachment-statements.js';
import type { ContentWriter, StoredContent } from './content-writer.js';
import type { DailyLimit } from './daily-limit.js';
import { type UploadedObject, UploadExpired } from './object-contents.js';

/** Files, and the incident that they belong to: one that exists, or the one of a report. */
export interface AttachRequest extends NewAttachments {
  readonly target:
    | { readonly id: IncidentId; readonly precondition: (incident: Incident) => void }
    | { readonly report: Report; readonly countDuplicate: (incident: Incident) => void };
  readonly idempotency: NewAttachments['idempotency'];
}

/** Another transaction came first: the next attempt sees what it has committed. */
export class Overtaken extends Error {}

/** The incident does not exist. */
class NoIncident extends Error {}

/** The number of transactions with files at once. More would not be faster: the disk is busy. */
const MAX_TRANSACTIONS = 2;

/**
 * Stores files, each request in one transaction: first the bytes, then with the incident locked all that refers to them. A client
 * that sends slowly holds no connection, since files are complete before.
 */
export class AttachmentWriter {
  private readonly transactions = new ConcurrencyLimit(MAX_TRANSACTIONS);
  /** Transactions with files take long, and must not take the connections of other requests. */
  private readonly connections: Database;

  constructor(
    private readonly dataSource: DataSource,
    private readonly database: Database,
    private readonly records: IdempotencyRecords,
    private readonly incidentMetrics: IncidentMetrics,
    private readonly metrics: AttachmentMetrics,
    private readonly contents: ContentWriter,
    private readonly dailyLimit: DailyLimit,
  ) {
    this.connections = database.separate(MAX_TRANSACTIONS);
  }

  async write(request: AttachRequest): Promise<ChangeOutcome> {
    const [outcome] = await settleRequests([request], () => this.attempt(request));
    return outcome!;
  }

  private async attempt(request: AttachRequest): Promise<ReadonlyMap<AttachRequest, ChangeOutcome>> {
    const { idempotency } = request;
    const earlier = await this.records.find([request], deadline());
    const replay = idempotency && earlier.get(idempotency);
    if (replay) return new Map([[request, replay]]);
    const outcomes = new Map<AttachRequest & { readonly id: IncidentId }, ChangeOutcome>();
    const rejected = { ...request, id: 'id' in request.target ? request.target.id : 0 };
    try {
      return new Map([[request, { value: await this.store(request) }]]);
    } catch (error) {
      if (error instanceof Overtaken || error instanceof UploadExpired) return new Map();
      if (isKeyTaken(error) || isOpenAlready(error)) return new Map();
      if (isKeyLocked(error)) throw new IdempotencyKeyInUse();
      if (error instanceof NoIncident) outcomes.set(rejected, { value: undefined });
      else if (isFinalRejection(error)) outcomes.set(rejected, { error });
      else throw error;
    }
    await recordRejections(this.records, outcomes, earlier, deadline());
    return new Map([...outcomes.values()].map((outcome) => [request, outcome]));
  }

  /** @throws NoIncident, Overtaken, UploadExpired and errors of the domain; nothing is stored then. */
  private async store(request: AttachRequest) {
    const committed: (() => void)[] = [];
    const incident = await this.contents.withUploads(request.files, (uploads) =>
      this.transactions.run(() =>
        inTransaction(
          this.dataSource,
          (transaction) => this.storeIn(transaction, request, uploads, committed),
          this.connections.pool,
        ),
      ),
    );
    this.database.announceChange();
    for (const count of committed) count();
    return { incident, isReplay: false };
  }

  /**
   * Stores files in a transaction that the caller commits.
   * @param uploads of `ContentWriter.withUploads` for these files.
   * @param committed gets what is to be called after that.
   * @throws NoIncident, Overtaken, UploadExpired and errors of the domain; the transaction must be rolled back then.
   */
  async storeIn(
    transaction: Database,
    request: AttachRequest,
    uploads: readonly UploadedObject[] | undefined,
    committed: (() => void)[],
  ): Promise<Incident> {
    const { principal, change, files } = request;
    const contents = await this.contents.store(transaction, files, uploads);
    if (files.length > 0) await transaction.query(LOCK_PRINCIPAL, [principal]);
    const before = await this.incidentOf(transaction, request, committed);
    const after = await this.attachTo(before, contents, transaction, request, committed);
    if (files.length > 0) await this.dailyLimit.require(transaction, principal, change.at, { isMore: false });
    return after;
  }

  /** The incident of the request, locked or just added, with what a duplicate report changes. */
  private async incidentOf(
    transaction: Database,
    { target }: AttachRequest,
    committed: (() => void)[],
  ): Promise<{ readonly from: Incident; readonly act: (incident: Incident) => void }> {
    if ('id' in target) return { from: await lock(transaction, target.id), act: target.precondition };
    const { report, countDuplicate } = target;
    const keyed = report.dedupKey === undefined ? undefined : { ...report, dedupKey: report.dedupKey };
    if (keyed) {
      const [open] = await findOpen(transaction, keyed);
      if (open) {
        const from = await lock(transaction, open.id);
        if (from.status === 'CLOSED') throw new Overtaken();
        return { from, act: countDuplicate };
      }
    }
    committed.push(() => this.incidentMetrics.reported(report.source));
    // The key of the request is reserved with its last state, which has the attachments.
    const unkeyed = [{ report, idempotency: undefined }];
    const [row] = keyed
      ? await transaction.change<AddedRow>(ADD_UNLESS_OPEN, keyedReportValues(unkeyed, 1))
      : await transaction.change<AddedRow>(ADD, reportValues(unkeyed));
    const from = Incident.reported(row!.id, report, row!.previous_id ?? undefined);
    return { from, act: () => undefined };
  }

  private async attachTo(
    { from, act }: Awaited<ReturnType<AttachmentWriter['incidentOf']>>,
    contents: readonly StoredContent[],
    transaction: Database,
    { files, change, principal, idempotency }: AttachRequest,
    committed: (() => void)[],
  ): Promise<Incident> {
    const [last] = await transaction.query<{ number: number }>(LAST_NUMBER, [from.id]);
    const pending = new PendingChanges(transaction, {
      changed: (before, events) => committed.push(() => this.incidentMetrics.changed(before, events)),
    });
    let attached: readonly AttachedFile[] = [];
    const attach = (incident: Incident): void => {
      act(incident);
      attached = incident.attach(files.map(withStoredSize(contents)), last!.number, change);
    };
    const outcome = pending.apply({ id: from.id, act: attach, idempotency }, from);
    if ('error' in outcome) throw outcome.error;
    const { incident } = outcome.value!;
    const conflicts = await pending.save(1, deadline());
    // The incident is locked: only the key of the request can have been taken.
    if (conflicts.size > 0) throw new Overtaken();
    const events = incident.newEvents.filter(({ type }) => type === 'attached');
    const common = { incidentId: from.id, at: change.at, principal };
    const rows = attached.map((file, i) =>
      Object.assign({ seq: events[i]!.seq }, common, file, contents[i]!),
    );
    if (rows.length > 0) await transaction.change(ADD_ATTACHMENTS, arraysOf(ATTACHMENT_COLUMNS, rows));
    for (const { size } of rows) committed.push(() => this.metrics.stored(size));
    return incident;
  }
}

/** Whether a replay is to be rejected as well: not what a running request or the limit of a day rejects. */
function isFinalRejection(error: unknown): boolean {
  const isPassing = error instanceof DailyLimitReached || error instanceof IdempotencyKeyInUse;
  return error instanceof DomainError && !isPassing;
}

interface AddedRow {
  readonly id: number;
  readonly previous_id?: number | null;
}

const deadline = (): number => performance.now() + LIMITS_MS.total;

const withStoredSize =
  (contents: readonly StoredContent[]) =>
  ({ name, contentType }: NewAttachment, i: number) => ({ name, contentType, size: contents[i]!.size });

/** @throws NoIncident */
async function lock(transaction: Database, id: IncidentId): Promise<Incident> {
  await transaction.query(LOCK_INCIDENT, [id]);
  const incident = (await findIncidents(transaction, [id], deadline())).get(id);
  if (!incident) throw new NoIncident();
  return incident;
}

function findOpen(transaction: Database, { channel, dedupKey }: DedupKey): Promise<Incident[]> {
  return selectIncidents(transaction, FIND_OPEN, [[channel], [dedupKey]]);
}
