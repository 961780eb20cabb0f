import { Injectable } from '@nestjs/common';
import { turnPause } from '../../../shared/event-loop-turns.js';
import { type IdempotencyKey, IdempotencyKeyInUse } from '../../../domain/incident/idempotency.js';
import { IncidentNotFound } from '../../../domain/incident/incident-errors.js';
import {
  type DedupKey,
  IncidentRepository,
  type WriteResult,
} from '../../../domain/incident/incident-repository.js';
import { Incident, type IncidentId, type Report } from '../../../domain/incident/incident.js';
import { OWN_WORK } from '../../../domain/access/workload.js';
import { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import { type ChangeOutcome, PendingChanges, type ChangeRequest } from './pending-changes.js';
import { splitOf } from '../batching/batch-split.js';
import { Batcher, type Outcome, SingleActivity } from '../batching/batcher.js';
import { LIMITS_MS } from '../connection/connection.js';
import { Database, type Statement } from '../connection/database.js';
import { Deduplication, type DedupRequest, dedupKeyId } from './deduplication.js';
import type { RejectionRecord } from '../idempotency/idempotency-record.row.js';
import { IdempotencyRecords, isKeyLocked, rejectionOf, keyId } from '../idempotency/idempotency-records.js';
import { resolveUnknownOutcomes } from '../batching/resolve-unknown-outcomes.js';
import { FIND, FIND_BY_REQUEST } from './incident-statements.js';
import { toIncident } from './incident.mapper.js';
import type { IncidentRow } from './incident-columns.js';
import { ADD, ADD_ONCE, keyedReportValues, reportValues } from './report-statements.js';
import { retryUntilSettled } from '../connection/retry-until-settled.js';

interface AddRequest {
  readonly report: Report;
  readonly idempotency: IdempotencyKey | undefined;
}

const COMMON = {
  splitOf,
  maxBatch: 256,
  // 256 short reports, or a dozen of the longest: those cost the search index the most.
  maxBatchBytes: 160 * 1024,
  minBatch: 16,
  maxInFlight: 2,
  maxQueued: 20_000,
  maxQueuedBytes: 64 * 1024 * 1024,
  timeoutMs: LIMITS_MS.total,
} as const;

const textBytes = (report: Report | undefined): number =>
  report ? Buffer.byteLength(report.description) : 0;

/** Incidents in PostgreSQL. Requests that arrive together share statements, and so round trips and commits. */
@Injectable()
export class PostgresIncidentRepository extends IncidentRepository {
  private readonly activity = new SingleActivity();

  private readonly adding = new Batcher<AddRequest, WriteResult>({
    ...COMMON,
    send: (requests, deadline) => this.addAll(requests, deadline),
    bytesOf: ({ report }) => textBytes(report),
    activity: this.activity,
  });

  private readonly finding = new Batcher<IncidentId, Incident | undefined>({
    ...COMMON,
    send: (ids, deadline) => this.findAll(ids, deadline),
    activity: this.activity,
  });

  private readonly changing = new Batcher<ChangeRequest, WriteResult | undefined>({
    ...COMMON,
    send: (requests, deadline) => this.changeAll(requests, deadline),
    keyOf: ({ id }) => id,
    activity: this.activity,
  });

  private readonly deduplicating = new Batcher<DedupRequest, WriteResult | undefined>({
    ...COMMON,
    send: (requests, deadline) => this.deduplication.takeIn(requests, deadline),
    keyOf: ({ key }) => key,
    bytesOf: ({ report }) => textBytes(report),
    activity: this.activity,
  });

  private readonly records: IdempotencyRecords;
  private readonly deduplication: Deduplication;

  constructor(
    private readonly database: Database,
    private readonly metrics: IncidentMetrics,
  ) {
    super();
    this.records = new IdempotencyRecords(database);
    this.deduplication = new Deduplication(database, this.records, metrics);
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
    const key = dedupKeyId(report);
    // With a report there is an incident in any case.
    return (await this.deduplicating.submit({ key, wanted: report, report, act, idempotency }, workload))!;
  }

  changeOpenByDedupKey(
    wanted: DedupKey,
    act: (incident: Incident) => void,
    idempotency?: IdempotencyKey,
    workload = OWN_WORK,
  ): Promise<WriteResult | undefined> {
    const request = { key: dedupKeyId(wanted), wanted, report: undefined, act, idempotency };
    return this.deduplicating.submit(request, workload);
  }

  find(id: IncidentId, workload = OWN_WORK): Promise<Incident | undefined> {
    return this.finding.submit(id, workload);
  }

  async findByRequest({ scope, key }: Pick<IdempotencyKey, 'scope' | 'key'>): Promise<Incident | undefined> {
    const [row] = await this.database.query<IncidentRow>(FIND_BY_REQUEST, [scope, key]);
    return row && toIncident(row);
  }

  change(
    id: IncidentId,
    act: (incident: Incident) => void,
    idempotency?: IdempotencyKey,
    workload = OWN_WORK,
  ): Promise<WriteResult | undefined> {
    return this.changing.submit({ id, act, idempotency }, workload);
  }

  private async addAll(requests: readonly AddRequest[], deadline: number): Promise<Outcome<WriteResult>[]> {
    try {
      return await this.addOnce(requests, deadline);
    } catch (error) {
      return resolveUnknownOutcomes(error, requests, (keyed) => this.addOnce(keyed, deadline));
    }
  }

  private async addOnce(requests: readonly AddRequest[], deadline: number): Promise<Outcome<WriteResult>[]> {
    const keys = keysOf(requests);
    const rows = await this.database
      .change<{ id: number | null }>(...addition(requests, keys.length > 0), deadline)
      .catch((error: unknown) => {
        // In a batch it may be the key of another; this is asked again for each alone.
        throw requests.length === 1 && isKeyLocked(error) ? new IdempotencyKeyInUse() : error;
      });
    const repeats = keysOf(requests.filter((_, i) => rows[i]!.id === null));
    const earlier = await this.answersTo(repeats, deadline);
    return requests.map(({ report, idempotency }, i) => {
      const { id } = rows[i]!;
      if (id === null) return earlier.get(idempotency!)!;
      this.metrics.reported(report.source);
      return { value: { incident: Incident.reported(id, report), isReplay: false } };
    });
  }

  /** Never rejects: others of the batch are committed by now. */
  private async answersTo(
    repeats: readonly IdempotencyKey[],
    deadline: number,
  ): Promise<ReadonlyMap<IdempotencyKey, Outcome<WriteResult>>> {
    const earlier = await this.records.find(repeats, deadline).catch((error: unknown) => ({ error }));
    return new Map(
      repeats.map((key) => [
        key,
        'error' in earlier ? earlier : (earlier.get(key) ?? { error: new IdempotencyKeyInUse() }),
      ]),
    );
  }

  private async findAll(
    ids: readonly IncidentId[],
    deadline: number,
  ): Promise<Outcome<Incident | undefined>[]> {
    const found = await this.load(ids, deadline);
    return ids.map((id) => ({ value: found.get(id) }));
  }

  /** The incidents with these ids as they are now; those that many ask for are shared. */
  private async load(ids: readonly IncidentId[], deadline: number): Promise<Map<IncidentId, Incident>> {
    const rows = await this.database.query<IncidentRow>(FIND, [[...new Set(ids)]], deadline);
    return new Map(rows.map((row) => [row.id, toIncident(row)]));
  }

  /**
   * Loads, lets each request act, and saves what has not changed meanwhile; the rest begins again. Within this process
   * an incident is in one batch at a time, so only another process can come in between.
   */
  private async changeAll(requests: readonly ChangeRequest[], deadline: number): Promise<ChangeOutcome[]> {
    const settle = (some: readonly ChangeRequest[]) =>
      retryUntilSettled(some, (open) => this.changeOnce(open, deadline));
    try {
      return await settle(requests);
    } catch (error) {
      return resolveUnknownOutcomes(error, requests, settle);
    }
  }

  /** One round of changes: the outcomes of those that are settled by it. */
  private async changeOnce(
    requests: readonly ChangeRequest[],
    deadline: number,
  ): Promise<Map<ChangeRequest, ChangeOutcome>> {
    const [loaded, earlier] = await Promise.all([
      this.load(
        requests.map(({ id }) => id),
        deadline,
      ),
      this.records.find(keysOf(requests), deadline),
    ]);
    const pending = new PendingChanges(this.database, this.metrics);
    const outcomes = new Map<ChangeRequest, ChangeOutcome>();
    const taken = new Set<string>();
    for (const request of requests) {
      const { id, idempotency } = request;
      const answer = idempotency && earlier.get(idempotency);
      // A repeat of a request in this same round is for the next one, where there is an answer for it.
      if (!answer && idempotency && taken.has(keyId(idempotency))) continue;
      if (idempotency) taken.add(keyId(idempotency));
      const pause = turnPause();
      if (pause) await pause;
      outcomes.set(request, answer ?? pending.apply(request, loaded.get(id)));
    }
    const conflicts = await pending.save(requests.length, deadline);
    for (const request of outcomes.keys()) if (conflicts.has(request.id)) outcomes.delete(request);
    await this.keepRefusals(outcomes, earlier, deadline);
    return outcomes;
  }

  /** Keeps the refusals among these outcomes; where a key is taken meanwhile, the request has no outcome yet. */
  private async keepRefusals(
    outcomes: Map<ChangeRequest, ChangeOutcome>,
    earlier: ReadonlyMap<IdempotencyKey, unknown>,
    deadline: number,
  ): Promise<void> {
    const refusals = new Map<IdempotencyKey, RejectionRecord>();
    for (const [{ id, idempotency }, outcome] of outcomes) {
      if (!idempotency || earlier.has(idempotency)) continue;
      const refusal = rejectionOf(
        'error' in outcome ? outcome.error : (outcome.value ?? new IncidentNotFound(id)),
      );
      if (refusal) refusals.set(idempotency, refusal);
    }
    const kept = await this.records.record(refusals, deadline);
    for (const request of outcomes.keys()) {
      const { idempotency } = request;
      const keeping = idempotency && kept.get(idempotency);
      if (!keeping) continue;
      // What is not kept must not be told: a repeat could get another answer.
      if ('error' in keeping) outcomes.set(request, keeping);
      else if (!keeping.value) outcomes.delete(request);
    }
  }
}

function keysOf(requests: readonly { readonly idempotency: IdempotencyKey | undefined }[]): IdempotencyKey[] {
  return requests.flatMap(({ idempotency }) => idempotency ?? []);
}

function addition(requests: readonly AddRequest[], isKeyed: boolean): [Statement, readonly unknown[]] {
  return isKeyed ? [ADD_ONCE, keyedReportValues(requests, requests.length)] : [ADD, reportValues(requests)];
}
