import { DatabaseError } from 'pg';
import { type IdempotencyKey, IdempotencyKeyInUse } from '../../../domain/incident/idempotency.js';
import type { DedupKey, WriteResult } from '../../../domain/incident/incident-repository.js';
import { Incident, type IncidentId, type Report } from '../../../domain/incident/incident.js';
import type { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import { type ChangeOutcome, PendingChanges } from './pending-changes.js';
import type { Database } from '../connection/database.js';
import { resolveUnknownOutcomes } from '../batching/resolve-unknown-outcomes.js';
import {
  type IdempotencyRecords,
  isKeyLocked,
  isKeyTaken,
  keyId,
} from '../idempotency/idempotency-records.js';
import { FIND_OPEN } from './incident-statements.js';
import { toIncident } from './incident.mapper.js';
import type { IncidentRow } from './incident-columns.js';
import { ADD_UNLESS_OPEN, keyedReportValues } from './report-statements.js';
import { retryUntilSettled } from '../connection/retry-until-settled.js';
import type { Outcome } from '../batching/pending-requests.js';

/** What is to become of the incident that is open under a key, and the report that makes one where there is none. */
export interface DedupRequest {
  /** What is wanted as one word, by which requests for the same incident are known. */
  readonly key: string;
  readonly wanted: DedupKey;
  readonly report: Report | undefined;
  readonly act: (incident: Incident) => void;
  readonly idempotency: IdempotencyKey | undefined;
}

/** A deduplication key and its channel as one word, by which two of them are compared. */
export const dedupKeyId = ({ channel, dedupKey }: DedupKey): string => `${channel}\n${dedupKey}`;

/** Makes one incident of the reports that have one key, for as long as that is open. */
export class Deduplication {
  constructor(
    private readonly database: Database,
    private readonly records: IdempotencyRecords,
    private readonly metrics: IncidentMetrics,
  ) {}

  /** The outcomes of requests, in their order. */
  async takeIn(
    requests: readonly DedupRequest[],
    deadline: number,
  ): Promise<Outcome<WriteResult | undefined>[]> {
    const settle = (some: readonly DedupRequest[]) =>
      retryUntilSettled(some, (open) => this.round(open, deadline));
    try {
      return await settle(requests);
    } catch (error) {
      return resolveUnknownOutcomes(error, requests, settle);
    }
  }

  /**
   * Further reports of open incidents are saved as changes, and of each other key the first report makes an incident. What
   * another process was faster with, and what comes second here, is for the next round.
   */
  private async round(
    requests: readonly DedupRequest[],
    deadline: number,
  ): Promise<ReadonlyMap<DedupRequest, ChangeOutcome>> {
    const [open, earlier] = await Promise.all([
      this.findOpen(requests, deadline),
      this.records.find(
        requests.flatMap(({ idempotency }) => idempotency ?? []),
        deadline,
      ),
    ]);
    const pending = new PendingChanges(this.database, this.metrics);
    const outcomes = new Map<DedupRequest, ChangeOutcome>();
    const changed = new Map<DedupRequest, IncidentId>();
    const first = new Map<string, NewProblem>();
    const taken = new Set<string>();
    for (const request of requests) {
      const { key, report, act, idempotency } = request;
      const answer = idempotency && earlier.get(idempotency);
      if (!answer && idempotency && taken.has(keyId(idempotency))) continue;
      if (idempotency) taken.add(keyId(idempotency));
      const incident = open.get(key);
      if (answer) outcomes.set(request, answer);
      else if (incident) {
        outcomes.set(request, pending.apply({ id: incident.id, act, idempotency }, incident));
        changed.set(request, incident.id);
      } else if (!report && !first.has(key)) outcomes.set(request, { value: undefined });
      else if (report && !first.has(key)) first.set(key, { ...request, report, request });
    }
    const conflicts = await pending.save(requests.length, deadline);
    for (const [request, id] of changed) if (conflicts.has(id)) outcomes.delete(request);
    const added = await this.add([...first.values()], requests.length, deadline).catch((error: unknown) => {
      if (outcomes.size === 0) throw error;
      return new Map([...first.values()].map(({ request }) => [request, { error }]));
    });
    return new Map<DedupRequest, ChangeOutcome>([...outcomes, ...added]);
  }

  private async findOpen(
    requests: readonly DedupRequest[],
    deadline: number,
  ): Promise<ReadonlyMap<string, Incident>> {
    const wanted = [...new Map(requests.map(({ key, wanted }) => [key, wanted])).values()];
    const values = [wanted.map(({ channel }) => channel), wanted.map(({ dedupKey }) => dedupKey)];
    const rows = await this.database.query<IncidentRow>(FIND_OPEN, values, deadline);
    return new Map(
      rows.map((row) => [dedupKeyId({ channel: row.channel, dedupKey: row.dedup_key! }), toIncident(row)]),
    );
  }

  /** Reports of different keys in, incidents out for those that were new; nothing where another was faster with one. */
  private async add(
    problems: readonly NewProblem[],
    requests: number,
    deadline: number,
  ): Promise<ReadonlyMap<DedupRequest, ChangeOutcome>> {
    if (problems.length === 0) return new Map();
    const values = keyedReportValues(problems, requests);
    try {
      const rows = await this.database.change<AddedRow>(ADD_UNLESS_OPEN, values, deadline);
      return new Map(
        problems.flatMap(({ request, report }, i) => {
          const { id, previous_id: previousId } = rows[i]!;
          if (id === null) return [];
          this.metrics.reported(report.source);
          const incident = Incident.reported(id, report, previousId ?? undefined);
          return [[request, { value: { incident, isReplay: false } }]];
        }),
      );
    } catch (error) {
      if (isOpenAlready(error) || isKeyTaken(error)) return new Map();
      throw requests === 1 && isKeyLocked(error) ? new IdempotencyKeyInUse() : error;
    }
  }
}

/** A request whose report is the first of its key. */
interface NewProblem extends DedupRequest {
  readonly report: Report;
  readonly request: DedupRequest;
}

interface AddedRow {
  readonly id: number | null;
  readonly previous_id: number | null;
}

/** Whether another process has an open incident with one of the keys meanwhile. */
function isOpenAlready(error: unknown): boolean {
  return error instanceof DatabaseError && error.constraint === 'incidents_open_dedup_key';
}
