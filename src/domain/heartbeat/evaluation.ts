import {
  expectedAfter,
  type Heartbeat,
  type HeartbeatProblem,
  lastPingOf,
  referenceOf,
  runningSince,
} from './heartbeat.js';

/** A time in which nobody could ping: no process of the service ran, or its clock jumped over it. */
export interface Outage {
  readonly from: Date;
  readonly until: Date;
}

/** What is expected of a heartbeat next. */
export interface Expectation {
  /** When the ping is expected, or when the run that it ends has started. */
  readonly at: number;
  readonly isOfRun: boolean;
  /** Until when it may come: `at` and the grace. */
  readonly deadline: number;
}

/** What happens to the incident of a heartbeat. */
export type HeartbeatAction =
  | { readonly type: 'report'; readonly problem: HeartbeatProblem; readonly expectation?: Expectation }
  /** The job reports again: the incident is resolved. */
  | { readonly type: 'resolve'; readonly since: Date; readonly at: Date };

/** What follows from the pings of a heartbeat, or from their absence. */
export interface Evaluation {
  readonly action: HeartbeatAction | undefined;
  readonly problem: Heartbeat['problem'];
  /** The number of the last ping that was evaluated. */
  readonly handledSeq: number;
  /** When it is to be evaluated again, unless a ping comes first; undefined for never. */
  readonly dueAt: Date | undefined;
}

/**
 * What is expected next. An expectation whose time, from when the ping is expected to the end of its grace, is partly in an outage is void:
 * the ping may have been lost. The heartbeat then counts as if it had reported at the end of the outage.
 * @param outages by their time.
 */
export function expectationOf(heartbeat: Heartbeat, outages: readonly Outage[]): Expectation {
  const { graceMs } = heartbeat;
  let reference = referenceOf(heartbeat);
  let startedAt = runningSince(heartbeat)?.getTime();
  const next = (): Expectation => {
    const expectedAt = expectedAfter(heartbeat, reference);
    const isOfRun = startedAt !== undefined && startedAt < expectedAt;
    const at = isOfRun ? startedAt! : expectedAt;
    return { at, isOfRun, deadline: at + graceMs };
  };
  let expectation = next();
  for (const { from, until } of outages) {
    if (until.getTime() <= expectation.at) continue;
    if (from.getTime() >= expectation.deadline) break;
    reference = until.getTime();
    startedAt = undefined;
    expectation = next();
  }
  return expectation;
}

/**
 * Evaluates a heartbeat. It has one problem at a time, and one action follows at most: what else there is follows in the next evaluation.
 * A failure is reported whatever came after it. Only a success ends a problem: a job that has started may fail.
 */
export function evaluate(heartbeat: Heartbeat, outages: readonly Outage[], now: Date): Evaluation {
  const { problem, lastSuccess, lastFailure } = heartbeat;
  if (lastFailure && lastFailure.seq > heartbeat.handledSeq) {
    const action = { type: 'report', problem: 'failed' } as const;
    const since = problem?.since ?? lastFailure.at;
    // A success that came since is evaluated at once, and ends the problem.
    const dueAt = lastSuccess && lastSuccess.seq > lastFailure.seq ? now : undefined;
    return { action, problem: { kind: 'failed', since }, handledSeq: lastFailure.seq, dueAt };
  }
  const handledSeq = lastPingOf(heartbeat)?.seq ?? 0;
  const hasRecovered = lastSuccess && lastSuccess.seq > heartbeat.handledSeq;
  if (problem && !hasRecovered) return { action: undefined, problem, handledSeq, dueAt: undefined };
  if (problem && hasRecovered) {
    const action = { type: 'resolve', since: problem.since, at: lastSuccess.at } as const;
    return { action, problem: undefined, handledSeq, dueAt: now };
  }
  const expectation = expectationOf(heartbeat, outages);
  if (now.getTime() < expectation.deadline) {
    return { action: undefined, problem: undefined, handledSeq, dueAt: dateOf(expectation.deadline) };
  }
  const since = new Date(expectation.isOfRun ? expectation.deadline : expectation.at);
  return {
    action: { type: 'report', problem: 'missing', expectation },
    problem: { kind: 'missing', since },
    handledSeq,
    dueAt: undefined,
  };
}

/** How long all processes must not have looked for due heartbeats until that is an outage. */
const MIN_OUTAGE_MS = 3_000;

/** How often the time of the last look is stored. */
const STORE_LOOK_MS = 1_000;

/** What a look for due heartbeats finds out about the time before it. */
export type LookGap = 'none' | 'stored' | 'outage' | 'set-back';

/**
 * What happened between the last look of any process and this one: nothing that matters, time that is worth storing, an outage or a jump
 * of the clock forward, or a clock that was set back.
 */
export function gapBetween(lastLookAt: Date, now: Date): LookGap {
  const gapMs = now.getTime() - lastLookAt.getTime();
  if (gapMs < -MIN_OUTAGE_MS) return 'set-back';
  if (gapMs > MIN_OUTAGE_MS) return 'outage';
  return gapMs >= STORE_LOOK_MS ? 'stored' : 'none';
}

/** A date that exists; undefined for a time in a far future. */
function dateOf(time: number): Date | undefined {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
