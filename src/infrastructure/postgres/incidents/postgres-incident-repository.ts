import { Injectable } from '@nestjs/common';
import { OWN_WORK } from '../../../domain/access/workload.js';
import type { IdempotencyKey, RequestKey } from '../../../domain/incident/idempotency.js';
import {
  type DedupKey,
  IncidentRepository,
  type WriteResult,
} from '../../../domain/incident/incident-repository.js';
import type { IncidentId, Report } from '../../../domain/incident/incident-state.js';
import type { Incident } from '../../../domain/incident/incident.js';
import { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import { BATCH_LIMITS } from '../batching/batch-limits.js';
import { Batcher, SingleActivity } from '../batching/batcher.js';
import type { Outcome } from '../batching/outcome.js';
import { Database } from '../connection/database.js';
import { IdempotencyRecords } from '../idempotency/idempotency-records.js';
import { ChangeWriter } from './change-writer.js';
import { Deduplication, type DedupRequest, dedupKeyId } from './deduplication.js';
import { type DuplicateRequest, DuplicateWriter } from './duplicate-writer.js';
import { findIncidents, selectIncidents } from './find-incidents.js';
import { FIND_BY_REQUEST } from './incident-statements.js';
import type { ChangeRequest } from './pending-changes.js';
import type { ReportRequest } from './report-statements.js';
import { ReportWriter } from './report-writer.js';

const textBytes = (report: Report | undefined): number =>
  report ? Buffer.byteLength(report.description) : 0;

/** Incidents in PostgreSQL. Requests that arrive together share statements, and so round trips and commits. */
@Injectable()
export class PostgresIncidentRepository extends IncidentRepository {
  private readonly common = { ...BATCH_LIMITS, activity: new SingleActivity() };

  private readonly adding = new Batcher<ReportRequest, WriteResult>({
    ...this.common,
    send: (requests, deadline) => this.reports.add(requests, deadline),
    bytesOf: ({ report }) => textBytes(report),
  });

  private readonly finding = new Batcher<IncidentId, Incident | undefined>({
    ...this.common,
    // The database finds them in less time than this process takes to answer as many: fewer statements are less work for both.
    minBatch: 64,
    send: (ids, deadline) => this.findAll(ids, deadline),
  });

  private readonly changing = new Batcher<ChangeRequest, WriteResult | undefined>({
    ...this.common,
    send: (requests, deadline) => this.changes.change(requests, deadline),
    keyOf: ({ id }) => id,
  });

  private readonly deduplicating = new Batcher<DedupRequest, WriteResult | undefined>({
    ...this.common,
    send: (requests, deadline) => this.deduplication.settle(requests, deadline),
    keyOf: ({ keyId }) => keyId,
    bytesOf: ({ report }) => textBytes(report),
  });

  // Each request is a transaction over two incidents, which few requests are.
  private readonly changingWithOriginal = new Batcher<DuplicateRequest, WriteResult | undefined>({
    ...this.common,
    maxBatch: 1,
    minBatch: 1,
    send: ([request], deadline) => this.duplicates.change(request!, deadline),
    keyOf: ({ id }) => id,
  });

  private readonly reports: ReportWriter;
  private readonly changes: ChangeWriter;
  private readonly deduplication: Deduplication;
  private readonly duplicates: DuplicateWriter;

  constructor(
    private readonly database: Database,
    metrics: IncidentMetrics,
  ) {
    super();
    const records = new IdempotencyRecords(database);
    this.reports = new ReportWriter(database, records, metrics);
    this.changes = new ChangeWriter(database, records, metrics);
    this.deduplication = new Deduplication(database, records, metrics);
    this.duplicates = new DuplicateWriter(database, records, metrics);
  }

  add(report: Report, idempotency?: IdempotencyKey, workload = OWN_WORK): Promise<WriteResult> {
    return this.adding.submit({ report, idempotency }, workload);
  }

  async addOrMerge(
    report: Report & { readonly dedupKey: string },
    act: (incident: Incident) => void,
    idempotency?: IdempotencyKey,
    workload = OWN_WORK,
  ): Promise<WriteResult> {
    const request = { key: report, keyId: dedupKeyId(report), report, act, idempotency };
    // With a report there is an incident in any case.
    return (await this.deduplicating.submit(request, workload))!;
  }

  changeOpenByDedupKey(
    key: DedupKey,
    act: (incident: Incident) => void,
    idempotency?: IdempotencyKey,
    workload = OWN_WORK,
  ): Promise<WriteResult | undefined> {
    const request = { key, keyId: dedupKeyId(key), report: undefined, act, idempotency };
    return this.deduplicating.submit(request, workload);
  }

  find(id: IncidentId, workload = OWN_WORK): Promise<Incident | undefined> {
    return this.finding.submit(id, workload);
  }

  async findByRequest({ scope, key }: RequestKey): Promise<Incident | undefined> {
    return (await selectIncidents(this.database, FIND_BY_REQUEST, [scope, key]))[0];
  }

  change(
    id: IncidentId,
    act: (incident: Incident) => void,
    idempotency?: IdempotencyKey,
    workload = OWN_WORK,
  ): Promise<WriteResult | undefined> {
    return this.changing.submit({ id, act, idempotency }, workload);
  }

  changeWithOriginal(
    { id, duplicateOf }: { readonly id: IncidentId; readonly duplicateOf: IncidentId },
    act: (incident: Incident, original: Incident | undefined) => void,
    idempotency?: IdempotencyKey,
    workload = OWN_WORK,
  ): Promise<WriteResult | undefined> {
    return this.changingWithOriginal.submit({ id, duplicateOf, act, idempotency }, workload);
  }

  private async findAll(
    ids: readonly IncidentId[],
    deadline: number,
  ): Promise<Outcome<Incident | undefined>[]> {
    const found = await findIncidents(this.database, ids, deadline);
    return ids.map((id) => ({ value: found.get(id) }));
  }
}
