import { Injectable } from '@nestjs/common';
import { DatabaseError } from 'pg';
import { DataSource } from 'typeorm';
import {
  type ImportBatch,
  type ImportedReport,
  type ImportIdentity,
  type ImportProgress,
  ImportRepository,
  type PreparedReport,
} from '../../../application/imports/import-repository.js';
import { countsDuplicate } from '../../../application/incident/report-incident.js';
import { Clock } from '../../../application/operations/clock.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import { ImportedWithOtherSettings, ImportInProgress } from '../../../domain/imports/import-errors.js';
import type { IncidentStatus } from '../../../domain/incident/incident-status.js';
import type { Change, IncidentId, Report } from '../../../domain/incident/incident-state.js';
import { Incident } from '../../../domain/incident/incident.js';
import { ObjectStore } from '../../s3/object-store.js';
import { AttachmentMetrics } from '../../prometheus/attachment-metrics.js';
import { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import { AttachmentWriter, Overtaken } from '../attachments/attachment-writer.js';
import { ContentWriter } from '../attachments/content-writer.js';
import { DailyLimit } from '../attachments/daily-limit.js';
import { ObjectContents, UploadExpired, type UploadedObject } from '../attachments/object-contents.js';
import { ObjectSweep } from '../attachments/object-sweep.js';
import { resultOf } from '../batching/outcome.js';
import { LIMITS_MS } from '../connection/connection.js';
import { Database } from '../connection/database.js';
import { inTransaction } from '../connection/transaction.js';
import { IdempotencyRecords } from '../idempotency/idempotency-records.js';
import { Deduplication, dedupKeyId, isOpenAlready } from '../incidents/deduplication.js';
import { PendingChanges } from '../incidents/pending-changes.js';
import {
  ADD_CHANGED,
  ADD_EVENTS,
  changedReportValues,
  eventValues,
  NEXT_IDS,
} from '../incidents/report-statements.js';
import { ADVANCE_IMPORT, BEGIN_IMPORT, FIND_IMPORT, FINISH_IMPORT } from './import-statements.js';

interface ProgressRow {
  readonly settings: string;
  readonly position: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly finished_at: Date | null;
}

/** An incident of a new report, and the status that it is to have. */
interface Imported {
  readonly incident: Incident;
  readonly status: IncidentStatus | undefined;
  readonly change: Change;
}

/** The objects of files in their order; undefined if the bytes are stored in PostgreSQL. */
type Uploads = readonly UploadedObject[] | undefined;

/** What is called once a transaction is committed. */
type Committed = (() => void)[];

/**
 * Imports in PostgreSQL, each batch in one transaction over a connection beside those of requests: imports take turns, and take none
 * of the connections that others need.
 */
@Injectable()
export class PostgresImports extends ImportRepository {
  private readonly connections: Database;
  private readonly attachments: AttachmentWriter;
  private readonly contents: ContentWriter;

  constructor(
    private readonly dataSource: DataSource,
    private readonly database: Database,
    private readonly metrics: IncidentMetrics,
    attachmentMetrics: AttachmentMetrics,
    private readonly clock: Clock,
    store: ObjectStore,
    sweep: ObjectSweep,
  ) {
    super();
    this.connections = database.separate(1);
    this.contents = new ContentWriter(
      store.isConfigured ? new ObjectContents(store, database, sweep) : undefined,
    );
    const records = new IdempotencyRecords(database);
    this.attachments = new AttachmentWriter(
      dataSource,
      database,
      records,
      metrics,
      attachmentMetrics,
      this.contents,
      // It is for keys that may only report.
      new DailyLimit(0),
    );
  }

  async begin({ digest, settings }: ImportIdentity): Promise<ImportProgress> {
    const [begun] = await this.database.change<ProgressRow>(BEGIN_IMPORT, [digest, settings]);
    const row = begun ?? (await this.rowOf(digest))!;
    if (row.settings !== settings) throw new ImportedWithOtherSettings(row.accepted);
    return toProgress(row);
  }

  async find(digest: Buffer): Promise<ImportProgress | undefined> {
    const row = await this.rowOf(digest);
    return row && toProgress(row);
  }

  async store(digest: Buffer, batch: ImportBatch): Promise<ImportProgress> {
    const committed: Committed = [];
    const files = batch.reports.flatMap((report) => report.files);
    const storeBatch = async (transaction: Database, uploads: Uploads): Promise<ImportProgress> => {
      const values = [digest, batch.after, batch.reports.length, batch.rejected];
      const [row] = await transaction.change<ProgressRow>(ADVANCE_IMPORT, values);
      if (!row) throw new ImportInProgress();
      await this.storeReports(transaction, batch, uploads, committed);
      return toProgress(row);
    };
    const inOne = (uploads: Uploads) =>
      inTransaction(
        this.dataSource,
        (transaction) => storeBatch(transaction, uploads),
        this.connections.pool,
      );
    const stored = files.length === 0 ? inOne(undefined) : this.contents.withUploads(files, inOne);
    const progress = await stored.catch((error: unknown) => {
      throw isOvertaken(error) ? new StoreUnavailable({ cause: error }) : error;
    });
    this.database.announceChange();
    for (const count of committed) count();
    return progress;
  }

  async finish(digest: Buffer, position: number): Promise<ImportProgress> {
    const [row] = await this.database.change<ProgressRow>(FINISH_IMPORT, [digest, position]);
    if (!row) throw new ImportInProgress();
    return toProgress(row);
  }

  private async rowOf(digest: Buffer): Promise<ProgressRow | undefined> {
    return (await this.database.query<ProgressRow>(FIND_IMPORT, [digest]))[0];
  }

  private async storeReports(
    transaction: Database,
    { reports, principal }: ImportBatch,
    uploads: Uploads,
    committed: Committed,
  ): Promise<void> {
    const at = this.clock.now();
    const deadline = performance.now() + LIMITS_MS.total;
    const withFiles = reports.filter(({ files }) => files.length > 0);
    const others = reports.filter(({ files }) => files.length === 0).map(({ report }) => report);
    const keyed = others.filter(hasDedupKey);
    const unkeyed = others.filter((report) => !hasDedupKey(report));
    await this.add(transaction, unkeyed, at, deadline, committed);
    const imported = await this.addOrMerge(transaction, keyed, at, deadline, committed);
    let first = 0;
    for (const prepared of withFiles) {
      const own = uploads?.slice(first, (first += prepared.files.length));
      imported.push(await this.addWithFiles(transaction, prepared, own, { principal, at, committed }));
    }
    await this.moveToStatuses(transaction, imported, committed);
    // A report must be committed soon after its time: see SETTLED_MS.
    if (withFiles.length === 0 && performance.now() > deadline) throw new StoreUnavailable();
  }

  /** Adds incidents in their statuses: an update of each would write all its index entries twice. */
  private async add(
    transaction: Database,
    reports: readonly ImportedReport[],
    at: Date,
    deadline: number,
    committed: Committed,
  ): Promise<void> {
    if (reports.length === 0) return;
    const ids = await transaction.query<{ id: IncidentId }>(NEXT_IDS, [reports.length], deadline);
    const added = reports.map((each, i) => {
      const report = reportOf(each, at);
      const reported = Incident.reported(ids[i]!.id, report);
      const incident = new Incident(reported.state);
      moveOn(incident, each.status, changeOf(each, at));
      committed.push(() => {
        this.metrics.reported(report.source);
        this.metrics.changed(reported, incident.newEvents);
      });
      return { report, incident };
    });
    await transaction.change(ADD_CHANGED, changedReportValues(added), deadline);
    const events = eventValues(added.map(({ incident }) => incident));
    if (events) await transaction.change(ADD_EVENTS, events, deadline);
  }

  private async addOrMerge(
    transaction: Database,
    reports: readonly (ImportedReport & { readonly dedupKey: string })[],
    at: Date,
    deadline: number,
    committed: Committed,
  ): Promise<Imported[]> {
    if (reports.length === 0) return [];
    const deduplication = new Deduplication(transaction, new IdempotencyRecords(transaction), {
      reported: (source) => committed.push(() => this.metrics.reported(source)),
      changed: (before, events) => committed.push(() => this.metrics.changed(before, events)),
    });
    const requests = reports.map((each) => {
      const report = { ...reportOf(each, at), dedupKey: each.dedupKey };
      const act = countsDuplicate(report, changeOf(each, at));
      return { key: report, keyId: dedupKeyId(report), report, act, idempotency: undefined };
    });
    const outcomes = await deduplication.settle(requests, deadline);
    // Each new incident as the last report of its key leaves it; one that was open before stays as it is.
    const added = new Map<IncidentId, Imported>();
    for (const [i, outcome] of outcomes.entries()) {
      // Nothing of the batch is stored if one of them has failed.
      const { incident } = resultOf(outcome)!;
      if (incident.isUnchanged || added.has(incident.id))
        added.set(incident.id, importedBy(reports[i]!, incident, at));
    }
    return [...added.values()];
  }

  private async addWithFiles(
    transaction: Database,
    { report: imported, files }: PreparedReport,
    uploads: Uploads,
    {
      principal,
      at,
      committed,
    }: { readonly principal: string; readonly at: Date; readonly committed: Committed },
  ): Promise<Imported> {
    const change = changeOf(imported, at);
    const report = reportOf(imported, at);
    const target = { report, countDuplicate: countsDuplicate(report, change) };
    const request = { files, change, principal, target, idempotency: undefined };
    const incident = await this.attachments.storeIn(transaction, request, uploads, committed);
    return importedBy(imported, incident, at);
  }

  private async moveToStatuses(
    transaction: Database,
    imported: readonly Imported[],
    committed: Committed,
  ): Promise<void> {
    const pending = new PendingChanges(transaction, {
      changed: (before, events) => committed.push(() => this.metrics.changed(before, events)),
    });
    let moved = 0;
    for (const { incident, status, change } of imported) {
      if (incident.status !== 'NEW') continue;
      const act = (each: Incident) => moveOn(each, status, change);
      const outcome = pending.apply({ id: incident.id, act, idempotency: undefined }, incident);
      if ('error' in outcome) throw outcome.error;
      moved++;
    }
    const conflicts = await pending.save(Math.max(moved, 1), performance.now() + LIMITS_MS.total);
    // Nobody else sees them yet.
    if (conflicts.size > 0) throw new Error('an imported incident was changed before it was committed');
  }
}

/**
 * Whether another import has opened or closed an incident with one of the keys meanwhile: the next attempt sees it. The writers try
 * again by themselves, but in a transaction that has failed (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const isOvertaken = (error: unknown): boolean =>
  error instanceof Overtaken ||
  error instanceof UploadExpired ||
  isOpenAlready(error) ||
  (error instanceof DatabaseError && error.code === '25P02');

/** Moves a new incident on, by legal transitions of now: the file does not say when they were. Nobody takes it by that. */
function moveOn(incident: Incident, status: IncidentStatus | undefined, change: Change): void {
  if (status !== undefined && status !== 'NEW') incident.moveTo(status, change, 'shortest', null);
}

const hasDedupKey = (report: ImportedReport): report is ImportedReport & { readonly dedupKey: string } =>
  report.dedupKey !== undefined;

const reportOf = (report: ImportedReport, at: Date): Report => ({ ...report, at });

const changeOf = ({ actor, accessKey, channel, reportedAt }: ImportedReport, at: Date): Change => ({
  actor,
  accessKey,
  channel,
  reportedAt,
  at,
});

const importedBy = (report: ImportedReport, incident: Incident, at: Date): Imported => ({
  incident,
  status: report.status,
  change: changeOf(report, at),
});

const toProgress = ({
  position,
  accepted,
  rejected,
  finished_at: finishedAt,
}: ProgressRow): ImportProgress => ({
  position,
  accepted,
  rejected,
  finishedAt: finishedAt ?? undefined,
});
