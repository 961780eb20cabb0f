import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { HeartbeatMetrics } from '../../../application/heartbeat/heartbeat-metrics.js';
import { DueHeartbeats, type Look } from '../../../application/heartbeat/heartbeats.js';
import type { Evaluation, HeartbeatAction, Outage } from '../../../domain/heartbeat/evaluation.js';
import {
  HEARTBEAT_CHANNEL,
  reportOf,
  resolveIncident,
} from '../../../domain/heartbeat/heartbeat-incident.js';
import type { Heartbeat } from '../../../domain/heartbeat/heartbeat.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import { turnPause } from '../../../shared/event-loop-turns.js';
import { isoTime } from '../../../shared/time/iso-time.js';
import { IncidentMetrics } from '../../prometheus/incident-metrics.js';
import { LIMITS_MS } from '../connection/connection.js';
import { Database } from '../connection/database.js';
import { inTransaction } from '../connection/transaction.js';
import { IdempotencyRecords } from '../idempotency/idempotency-records.js';
import { Deduplication, type DedupRequest, dedupKeyId } from '../incidents/deduplication.js';
import {
  evaluatedValues,
  LOCK_DUE,
  LOOK,
  OUTAGES,
  OUTPUTS_OF_PINGS,
  SET_BACK,
  STORE_EVALUATED,
  STORE_LOOK,
  STORE_SET_BACK,
} from './heartbeat-statements.js';
import { type HeartbeatRow, toHeartbeat } from './heartbeat.mapper.js';

/** A heartbeat that is locked, and what follows from its pings. */
interface LockedHeartbeat {
  readonly id: number;
  readonly heartbeat: Heartbeat;
  readonly evaluation: Evaluation;
}

/** Due heartbeats in PostgreSQL: a transaction locks them, so that no other process evaluates them. */
@Injectable()
export class PostgresDueHeartbeats extends DueHeartbeats {
  constructor(
    private readonly dataSource: DataSource,
    private readonly database: Database,
    private readonly incidentMetrics: IncidentMetrics,
    private readonly metrics: HeartbeatMetrics,
  ) {
    super();
  }

  async look(): Promise<Look> {
    const [row] = await this.database.query<{ now: Date; looked_at: Date | null; is_any_due: boolean }>(LOOK);
    const { now, looked_at: lookedAt, is_any_due: isAnyDue } = row!;
    return { now, lastLookAt: lookedAt ?? undefined, isAnyDue };
  }

  async storeLook({ lastLookAt, now }: Look, isOutage: boolean): Promise<void> {
    await this.database.query(STORE_LOOK, [isoTime(lastLookAt!), isoTime(now), isOutage]);
  }

  async setBack({ now }: Look): Promise<void> {
    let last: number | null = 0;
    // In batches, each within the time limit of a statement. If this process ends meanwhile, the next look begins again.
    while (last !== null) {
      const [row]: { last: number | null }[] = await this.database.query(SET_BACK, [isoTime(now), last]);
      ({ last } = row!);
    }
    await this.database.query(STORE_SET_BACK, [isoTime(now)]);
  }

  async evaluateDue(
    now: Date,
    limit: number,
    evaluate: (heartbeat: Heartbeat, outages: readonly Outage[], now: Date) => Evaluation,
  ): Promise<number> {
    const evaluated = await inTransaction(this.dataSource, async (transaction) => {
      const rows = await transaction.query<HeartbeatRow>(LOCK_DUE, [isoTime(now), limit]);
      if (rows.length === 0) return [];
      const outages = await outagesIn(transaction);
      const locked: LockedHeartbeat[] = [];
      for (const row of rows) {
        // A cron expression may take a tenth of a millisecond.
        const pause = turnPause();
        if (pause) await pause;
        const heartbeat = toHeartbeat(row);
        locked.push({ id: row.id, heartbeat, evaluation: evaluate(heartbeat, outages, now) });
      }
      const incidents = await this.act(transaction, locked, now);
      const stored = locked.map(({ id, evaluation }) => ({ id, evaluation, incidentId: incidents.get(id) }));
      await transaction.change(STORE_EVALUATED, evaluatedValues(stored));
      return locked;
    });
    for (const { evaluation } of evaluated) if (evaluation.action) this.metrics.acted(evaluation.action);
    return evaluated.length;
  }

  /** Makes, changes and resolves incidents. @returns their ids by those of the heartbeats. */
  private async act(
    transaction: Database,
    locked: readonly LockedHeartbeat[],
    now: Date,
  ): Promise<ReadonlyMap<number, IncidentId>> {
    const acting = locked.filter(({ evaluation }) => evaluation.action);
    if (acting.length === 0) return new Map();
    const outputs = await outputsOf(transaction, acting);
    const requests = acting.map((each) =>
      requestOf(each, each.evaluation.action!, outputs.get(each.id), now),
    );
    const records = new IdempotencyRecords(transaction);
    const deduplication = new Deduplication(transaction, records, this.incidentMetrics);
    const outcomes = await deduplication.settle(requests, performance.now() + LIMITS_MS.total);
    const incidents = new Map<number, IncidentId>();
    for (const [i, outcome] of outcomes.entries()) {
      // Nothing is stored then, and the next look tries again.
      if ('error' in outcome) throw outcome.error;
      if (outcome.value) incidents.set(acting[i]!.id, outcome.value.incident.id);
    }
    return incidents;
  }
}

/** What an action asks of the incident with the heartbeat's key. If people have closed it, there is nothing to resolve. */
function requestOf(
  { heartbeat }: LockedHeartbeat,
  action: HeartbeatAction,
  output: Buffer | undefined,
  at: Date,
): DedupRequest {
  const key = { channel: HEARTBEAT_CHANNEL, dedupKey: heartbeat.name };
  const base = { key, keyId: dedupKeyId(key), idempotency: undefined };
  if (action.type === 'resolve')
    return {
      ...base,
      report: undefined,
      act: (incident) => resolveIncident(incident, heartbeat, action, at),
    };
  const report = reportOf(heartbeat, action, output, at);
  return { ...base, report, act: (incident) => incident.countDuplicate(report.description, report) };
}

async function outagesIn(transaction: Database): Promise<readonly Outage[]> {
  const rows = await transaction.query<{ from_at: Date; until_at: Date }>(OUTAGES);
  return rows.map(({ from_at: from, until_at: until }) => ({ from, until }));
}

/** The outputs of failures that are reported, by the ids of their heartbeats. */
async function outputsOf(
  transaction: Database,
  acting: readonly LockedHeartbeat[],
): Promise<ReadonlyMap<number, Buffer>> {
  const failed = acting.filter(
    ({ evaluation: { action } }) => action?.type === 'report' && action.problem === 'failed',
  );
  if (failed.length === 0) return new Map();
  const values = [failed.map(({ id }) => id), failed.map(({ heartbeat }) => heartbeat.lastFailure!.seq)];
  const rows = await transaction.query<{ heartbeat_id: number; output: Buffer }>(OUTPUTS_OF_PINGS, values);
  return new Map(rows.map(({ heartbeat_id: id, output }) => [id, output]));
}
