import { DatabaseError } from 'pg';
import { type IdempotencyKey, IdempotencyKeyInUse } from '../../../domain/incident/idempotency.js';
import type { DedupKey, WriteResult } from '../../../domain/incident/incident-repository.js';
import type { IncidentId, Report } from '../../../domain/incident/incident-state.js';
import { Incident } from '../../../domain/incident/incident.js';
import type { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import type { Database } from '../connection/database.js';
import {
  type IdempotencyRecords,
  isKeyLocked,
  isKeyTaken,
  oncePerKey,
} from '../idempotency/idempotency-records.js';
import { settleRequests } from '../idempotency/settle-requests.js';
import { selectIncidents } from './find-incidents.js';
import { FIND_OPEN } from './incident-statements.js';
import { type ChangeOutcome, PendingChanges } from './pending-changes.js';
import { ADD_UNLESS_OPEN, keyedReportValues } from './report-statements.js';

/** A request for the open incident that has a deduplication key. */
export interface DedupRequest {
  readonly key: DedupKey;
  /** The id of the key. */
  readonly keyId: string;
  /** The report that becomes an incident if none is open; without it, nothing happens then. */
  readonly report: Report | undefined;
  readonly act: (incident: Incident) => void;
  readonly idempotency: IdempotencyKey | undefined;
}

/** A channel and a deduplication key as one string, for comparison. */
export const dedupKeyId = ({ channel, dedupKey }: DedupKey): string => `${channel}\n${dedupKey}`;

/** Merges the reports that have one deduplication key into one incident, for as long as it is open. */
export class Deduplication {
  constructor(
    private readonly database: Database,
    private readonly records: IdempotencyRecords,
    private readonly metrics: Pick<IncidentMetrics, 'reported' | 'changed'>,
  ) {}

  /** The outcomes of requests, in their order. */
  settle(requests: readonly DedupRequest[], deadline: number): Promise<ChangeOutcome[]> {
    return settleRequests(requests, (open) => this.attempt(open, deadline));
  }

  /**
   * Saves duplicates of open incidents as changes, and the first report of each other key as an incident. Requests that lose
   * against another process, and further reports of a new key, are left to the next attempt.
   */
  private async attempt(
    requests: readonly DedupRequest[],
    deadline: number,
  ): Promise<ReadonlyMap<DedupRequest, ChangeOutcome>> {
    const [open, earlier] = await Promise.all([
      this.findOpen(requests, deadline),
      this.records.find(requests, deadline),
    ]);
    const pending = new PendingChanges(this.database, this.metrics);
    const outcomes = new Map<DedupRequest, ChangeOutcome>();
    const changed = new Map<DedupRequest, IncidentId>();
    const first = new Map<string, FirstReport>();
    for (const [request, replay] of oncePerKey(requests, earlier)) {
      const { keyId, report, act, idempotency } = request;
      const incident = open.get(keyId);
      if (replay) outcomes.set(request, replay);
      else if (incident) {
        outcomes.set(request, pending.apply({ id: incident.id, act, idempotency }, incident));
        changed.set(request, incident.id);
      } else if (first.has(keyId)) continue;
      else if (report) first.set(keyId, { report, idempotency, request });
      else outcomes.set(request, { value: undefined });
    }
    const conflicts = await pending.save(requests.length, deadline);
    for (const [request, id] of changed) if (conflicts.has(id)) outcomes.delete(request);
    const added = await this.add([...first.values()], requests.length, deadline).catch((error: unknown) => {
      if (outcomes.size === 0) throw error;
      return new Map([...first.values()].map(({ request }) => [request, { error }]));
    });
    return new Map<DedupRequest, ChangeOutcome>([...outcomes, ...added]);
  }

  /** The open incidents by the ids of their deduplication keys. */
  private async findOpen(
    requests: readonly DedupRequest[],
    deadline: number,
  ): Promise<ReadonlyMap<string, Incident>> {
    const keys = [...new Map(requests.map(({ key, keyId }) => [keyId, key])).values()];
    const values = [keys.map(({ channel }) => channel), keys.map(({ dedupKey }) => dedupKey)];
    const found = await selectIncidents(this.database, FIND_OPEN, values, deadline);
    return new Map(found.map((incident) => [dedupKeyId(incident.state as DedupKey), incident]));
  }

  /** Stores reports of different keys. Those that lose against another process have no outcome. */
  private async add(
    reports: readonly FirstReport[],
    batchSize: number,
    deadline: number,
  ): Promise<ReadonlyMap<DedupRequest, { readonly value: WriteResult }>> {
    if (reports.length === 0) return new Map();
    const values = keyedReportValues(reports, batchSize);
    try {
      const rows = await this.database.change<AddedRow>(ADD_UNLESS_OPEN, values, deadline);
      return new Map(
        reports.flatMap(({ request, report }, i) => {
          const { id, previous_id: previousId } = rows[i]!;
          if (id === null) return [];
          this.metrics.reported(report.source);
          const incident = Incident.reported(id, report, previousId ?? undefined);
          return [[request, { value: { incident, isReplay: false } }]];
        }),
      );
    } catch (error) {
      if (isOpenAlready(error) || isKeyTaken(error)) return new Map();
      throw batchSize === 1 && isKeyLocked(error) ? new IdempotencyKeyInUse() : error;
    }
  }
}

/** The first report of its key. */
interface FirstReport extends Pick<DedupRequest, 'idempotency'> {
  readonly report: Report;
  readonly request: DedupRequest;
}

interface AddedRow {
  readonly id: number | null;
  readonly previous_id: number | null;
}

/** Whether another process has stored an open incident with one of the keys meanwhile. */
export function isOpenAlready(error: unknown): boolean {
  return error instanceof DatabaseError && error.constraint === 'incidents_open_dedup_key';
}
