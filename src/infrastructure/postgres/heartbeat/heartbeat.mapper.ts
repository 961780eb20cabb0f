import type { Heartbeat, HeartbeatProblem, PingMark } from '../../../domain/heartbeat/heartbeat.js';
import type { IncidentSource } from '../../../domain/incident/incident-source.js';

/** A row of `heartbeats`. */
export interface HeartbeatRow {
  readonly id: number;
  readonly name: string;
  readonly every_ms: number | null;
  readonly cron: string | null;
  readonly time_zone: string;
  readonly grace_ms: number;
  readonly source: IncidentSource;
  readonly urgent: boolean;
  readonly description: string | null;
  readonly created_at: Date;
  readonly changed_at: Date;
  readonly start_seq: number | null;
  readonly start_at: Date | null;
  readonly success_seq: number | null;
  readonly success_at: Date | null;
  readonly failure_seq: number | null;
  readonly failure_at: Date | null;
  readonly exit_code: number | null;
  readonly handled_seq: number;
  readonly problem: HeartbeatProblem | null;
  readonly problem_since: Date | null;
  readonly incident_id: number | null;
}

/** The heartbeat of a row. */
export function toHeartbeat(row: HeartbeatRow): Heartbeat {
  const lastFailure = markOf(row.failure_seq, row.failure_at);
  return {
    name: row.name,
    schedule: row.cron === null ? { everyMs: row.every_ms! } : { cron: row.cron },
    timeZone: row.time_zone,
    graceMs: row.grace_ms,
    source: row.source,
    urgent: row.urgent,
    description: row.description ?? undefined,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    lastStart: markOf(row.start_seq, row.start_at),
    lastSuccess: markOf(row.success_seq, row.success_at),
    lastFailure: lastFailure && { ...lastFailure, exitCode: row.exit_code ?? undefined },
    handledSeq: row.handled_seq,
    problem: row.problem === null ? undefined : { kind: row.problem, since: row.problem_since! },
    incidentId: row.incident_id ?? undefined,
  };
}

function markOf(seq: number | null, at: Date | null): PingMark | undefined {
  return seq === null ? undefined : { seq, at: at! };
}
