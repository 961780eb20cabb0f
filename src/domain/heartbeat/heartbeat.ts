import type { IncidentSource } from '../incident/incident-source.js';
import type { IncidentId } from '../incident/incident-state.js';
import { CronExpression } from './cron-expression.js';

/** When pings are expected: so long after the last one, or at the times of a cron expression. */
export type HeartbeatSchedule = { readonly everyMs: number } | { readonly cron: string };

/** What people set of a heartbeat. */
export interface HeartbeatSettings {
  readonly schedule: HeartbeatSchedule;
  /** The zone of the schedule, and of the times in texts: an IANA name. */
  readonly timeZone: string;
  /** How late a ping may be, and how long a run may take that has a start. */
  readonly graceMs: number;
  /** The source of the incidents. */
  readonly source: IncidentSource;
  readonly urgent: boolean;
  /** What is broken if a ping is missing, for the text of the incident. */
  readonly description: string | undefined;
}

/** What a ping says: that the job has started, has ended well, or has failed. */
export const PING_KINDS = ['start', 'success', 'failure'] as const;

export type PingKind = (typeof PING_KINDS)[number];

/** A ping in the order of those of its heartbeat: the first one is number 1. */
export interface PingMark {
  readonly seq: number;
  readonly at: Date;
}

/** Why a heartbeat has an incident: a ping is missing, or the job has said that it failed. */
export const HEARTBEAT_PROBLEMS = ['missing', 'failed'] as const;

export type HeartbeatProblem = (typeof HEARTBEAT_PROBLEMS)[number];

export const HEARTBEAT_STATES = ['new', 'up', 'running', ...HEARTBEAT_PROBLEMS] as const;

export type HeartbeatState = (typeof HEARTBEAT_STATES)[number];

/** A job that is expected to report. */
export interface Heartbeat extends HeartbeatSettings {
  readonly name: string;
  readonly createdAt: Date;
  /** When its settings were last stored: what was expected before no longer counts. */
  readonly changedAt: Date;
  readonly lastStart: PingMark | undefined;
  readonly lastSuccess: PingMark | undefined;
  readonly lastFailure: (PingMark & { readonly exitCode: number | undefined }) | undefined;
  /** The number of the last ping that is evaluated. */
  readonly handledSeq: number;
  readonly problem: { readonly kind: HeartbeatProblem; readonly since: Date } | undefined;
  /** The last incident of the heartbeat. */
  readonly incidentId: IncidentId | undefined;
}

const seqOf = (mark: PingMark | undefined): number => mark?.seq ?? 0;

/** The last ping; undefined without one. */
export function lastPingOf({ lastStart, lastSuccess, lastFailure }: Heartbeat): PingMark | undefined {
  const marks = [lastStart, lastSuccess, lastFailure].filter((mark) => mark !== undefined);
  return marks.toSorted((a, b) => b.seq - a.seq)[0];
}

/** Since when the job runs; undefined if its last run has ended, or it sends no starts. */
export function runningSince({ lastStart, lastSuccess, lastFailure }: Heartbeat): Date | undefined {
  const isRunning = seqOf(lastStart) > Math.max(seqOf(lastSuccess), seqOf(lastFailure));
  return isRunning ? lastStart!.at : undefined;
}

/** The state as people see it. */
export function stateOf(heartbeat: Heartbeat): HeartbeatState {
  if (heartbeat.problem) return heartbeat.problem.kind;
  if (runningSince(heartbeat)) return 'running';
  return heartbeat.lastSuccess ? 'up' : 'new';
}

/**
 * When the ping after this moment is expected. A ping shortly before a time of a cron expression does not count for that time.
 * @param after milliseconds.
 */
export function expectedAfter({ schedule, timeZone }: HeartbeatSettings, after: number): number {
  if ('everyMs' in schedule) return after + schedule.everyMs;
  return CronExpression.parse(schedule.cron)?.next(after, timeZone) ?? Infinity;
}

/** The next times at which pings are expected after `now`, if all come on time. */
export function nextExpected(heartbeat: Heartbeat, now: Date, count: number): readonly Date[] {
  let after = now.getTime();
  if ('everyMs' in heartbeat.schedule) {
    const { everyMs } = heartbeat.schedule;
    const reference = referenceOf(heartbeat);
    after = reference + Math.max(Math.floor((after - reference) / everyMs), 0) * everyMs;
  }
  return Array.from({ length: count }, () => new Date((after = expectedAfter(heartbeat, after))));
}

/** From when on the next ping is expected: the last success, unless the settings are newer. */
export function referenceOf({ changedAt, lastSuccess }: Heartbeat): number {
  return Math.max(changedAt.getTime(), lastSuccess?.at.getTime() ?? -Infinity);
}
