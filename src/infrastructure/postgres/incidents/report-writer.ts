import { type IdempotencyKey, IdempotencyKeyInUse } from '../../../domain/incident/idempotency.js';
import type { WriteResult } from '../../../domain/incident/incident-repository.js';
import { Incident } from '../../../domain/incident/incident.js';
import type { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import type { Outcome } from '../batching/outcome.js';
import type { Database } from '../connection/database.js';
import { type IdempotencyRecords, isKeyLocked } from '../idempotency/idempotency-records.js';
import { settleRequests } from '../idempotency/settle-requests.js';
import { ADD, ADD_ONCE, keyedReportValues, type ReportRequest, reportValues } from './report-statements.js';

/** Stores reports without deduplication keys, each as a new incident. */
export class ReportWriter {
  constructor(
    private readonly database: Database,
    private readonly records: IdempotencyRecords,
    private readonly metrics: Pick<IncidentMetrics, 'reported'>,
  ) {}

  /** The outcomes of requests, in their order. */
  add(requests: readonly ReportRequest[], deadline: number): Promise<Outcome<WriteResult>[]> {
    return settleRequests(requests, (open) => this.addOnce(open, deadline));
  }

  private async addOnce(
    requests: readonly ReportRequest[],
    deadline: number,
  ): Promise<ReadonlyMap<ReportRequest, Outcome<WriteResult>>> {
    const rows = await this.insert(requests, deadline);
    const replayed = requests.filter((_, i) => rows[i]!.id === null);
    // Others of the batch are committed by now: it must not reject.
    const earlier = await this.records.find(replayed, deadline).catch((error: unknown) => ({ error }));
    const replayOf = (key: IdempotencyKey): Outcome<WriteResult> =>
      'error' in earlier ? earlier : (earlier.get(key) ?? { error: new IdempotencyKeyInUse() });
    return new Map(
      requests.map((request, i) => {
        const { report, idempotency } = request;
        const { id } = rows[i]!;
        if (id === null) return [request, replayOf(idempotency!)];
        this.metrics.reported(report.source);
        return [request, { value: { incident: Incident.reported(id, report), isReplay: false } }];
      }),
    );
  }

  /** Resolves with the ids of the new incidents; null where an earlier request has used the key. */
  private async insert(
    requests: readonly ReportRequest[],
    deadline: number,
  ): Promise<{ readonly id: number | null }[]> {
    const isKeyed = requests.some(({ idempotency }) => idempotency);
    const values = isKeyed ? keyedReportValues(requests, requests.length) : reportValues(requests);
    try {
      return await this.database.change<{ id: number | null }>(isKeyed ? ADD_ONCE : ADD, values, deadline);
    } catch (error) {
      // In a batch it may be the key of another request: each is then retried alone.
      throw requests.length === 1 && isKeyLocked(error) ? new IdempotencyKeyInUse() : error;
    }
  }
}
