import { DatabaseError } from 'pg';
import { type IdempotencyKey, IdempotencyKeyInUse } from '../../domain/idempotency.js';
import type { Report } from '../../domain/incident/incident-events.js';
import type { Recorded } from '../../domain/incident/incident-repository.js';
import { Incident, type IncidentId } from '../../domain/incident/incident.js';
import type { RegisterMetrics } from '../metrics/register-metrics.js';
import { actOn, type Chain, type Changed } from './change-chains.js';
import type { ChainStore } from './chain-store.js';
import type { Database } from './database.js';
import { findOut } from './find-out.js';
import {
  type IdempotencyRecords,
  isKeyHeld,
  isKeyTaken,
  keyPatience,
  wordOf,
} from './idempotency-records.js';
import { ADD_UNLESS_OPEN, FIND_OPEN } from './incident-statements.js';
import { toIncident } from './incident.mapper.js';
import type { IncidentRow } from './incident.row.js';
import { untilSettled } from './rounds.js';
import type { Outcome } from './waiting-queue.js';

/** A report of a problem with a name, and what a further one does to the incident that is open. */
export interface DedupRequest {
  readonly report: Report & { readonly dedupKey: string };
  readonly again: (incident: Incident) => void;
  readonly idempotency: IdempotencyKey | undefined;
}

/** Makes one incident of the reports that have one key, for as long as that is open. */
export class Deduplication {
  constructor(
    private readonly database: Database,
    private readonly records: IdempotencyRecords,
    private readonly chains: ChainStore,
    private readonly metrics: RegisterMetrics,
  ) {}

  /** The outcomes of requests, in their order. */
  async takeIn(requests: readonly DedupRequest[], deadline: number): Promise<Outcome<Recorded>[]> {
    const settle = (some: readonly DedupRequest[]) =>
      untilSettled(some, (open) => this.round(open, deadline));
    try {
      return await settle(requests);
    } catch (error) {
      return findOut(error, requests, settle);
    }
  }

  /**
   * Further reports of open incidents are saved as changes, and of each other key the first report makes an incident. What
   * another process was faster with, and what comes second here, is for the next round.
   */
  private async round(
    requests: readonly DedupRequest[],
    deadline: number,
  ): Promise<ReadonlyMap<DedupRequest, Outcome<Recorded>>> {
    const [open, earlier] = await Promise.all([
      this.findOpen(requests, deadline),
      this.records.find(
        requests.flatMap(({ idempotency }) => idempotency ?? []),
        deadline,
      ),
    ]);
    const chains = new Map<IncidentId, Chain>();
    const outcomes = new Map<DedupRequest, Outcome<Recorded>>();
    const changed = new Map<DedupRequest, IncidentId>();
    const first = new Map<string, DedupRequest>();
    const taken = new Set<string>();
    for (const request of requests) {
      const { report, again: act, idempotency } = request;
      if (idempotency && taken.has(wordOf(idempotency))) continue;
      if (idempotency) taken.add(wordOf(idempotency));
      const answer = idempotency && earlier.get(idempotency);
      const incident = open.get(report.dedupKey);
      if (answer) outcomes.set(request, answer);
      else if (incident) {
        outcomes.set(request, recorded(actOn(incident, { id: incident.id, act, idempotency }, chains)));
        changed.set(request, incident.id);
      } else if (!first.has(report.dedupKey)) first.set(report.dedupKey, request);
    }
    const saved = await this.chains.save([...chains.values()], deadline);
    for (const [request, id] of changed) if (chains.has(id) && !saved.has(id)) outcomes.delete(request);
    const added = await this.add([...first.values()], deadline).catch((error: unknown) => {
      if (outcomes.size === 0) throw error;
      return new Map([...first.values()].map((request) => [request, { error }]));
    });
    return new Map<DedupRequest, Outcome<Recorded>>([...outcomes, ...added]);
  }

  private async findOpen(
    requests: readonly DedupRequest[],
    deadline: number,
  ): Promise<ReadonlyMap<string, Incident>> {
    const keys = [...new Set(requests.map(({ report }) => report.dedupKey))];
    const rows = await this.database.query<IncidentRow>(FIND_OPEN, [keys], deadline);
    return new Map(rows.map((row) => [row.dedup_key!, toIncident(row)]));
  }

  /** Reports of different keys in, incidents out for those that were new; nothing where another was faster with one. */
  private async add(
    requests: readonly DedupRequest[],
    deadline: number,
  ): Promise<ReadonlyMap<DedupRequest, Outcome<Recorded>>> {
    if (requests.length === 0) return new Map();
    const each = <Value>(value: (request: DedupRequest) => Value) => requests.map(value);
    const values = [
      each(({ report }) => report.description),
      each(({ report }) => report.source),
      each(({ report }) => report.at.toISOString()),
      each(({ report }) => report.actor),
      each(({ idempotency }) => idempotency?.scope ?? null),
      each(({ idempotency }) => idempotency?.key ?? null),
      each(({ idempotency }) => idempotency?.fingerprint ?? null),
      keyPatience(requests.length),
      each(({ report }) => report.dedupKey),
    ];
    try {
      const rows = await this.database.change<AddedRow>(ADD_UNLESS_OPEN, values, deadline);
      return new Map(
        requests.flatMap((request, i) => {
          const { id, previous_id: previousId } = rows[i]!;
          if (id === null) return [];
          this.metrics.reported(request.report.source);
          const incident = Incident.reported(id, request.report, previousId ?? undefined);
          return [[request, { value: { incident, isRepeat: false } }]];
        }),
      );
    } catch (error) {
      if (isOpenAlready(error) || isKeyTaken(error)) return new Map();
      throw requests.length === 1 && isKeyHeld(error) ? new IdempotencyKeyInUse() : error;
    }
  }
}

interface AddedRow {
  readonly id: number | null;
  readonly previous_id: number | null;
}

/** Whether another process has an open incident with one of the keys meanwhile. */
function isOpenAlready(error: unknown): boolean {
  return error instanceof DatabaseError && error.constraint === 'incidents_open_dedup_key';
}

/** There is an incident: it was found open. */
function recorded(changed: Changed): Outcome<Recorded> {
  return 'error' in changed ? changed : { value: changed.value! };
}
