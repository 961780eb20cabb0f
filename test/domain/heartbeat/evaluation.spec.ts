import {
  type Evaluation,
  evaluate,
  gapBetween,
  type Outage,
} from '../../../src/domain/heartbeat/evaluation.js';
import { type Heartbeat, nextExpected, stateOf } from '../../../src/domain/heartbeat/heartbeat.js';
import { later, NOON } from '../../support/builders.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Each hour, with a grace of five minutes, created at noon. */
const aHeartbeat = (others: Partial<Heartbeat> = {}): Heartbeat => ({
  name: 'export',
  schedule: { everyMs: HOUR },
  timeZone: 'UTC',
  graceMs: 5 * MINUTE,
  source: 'monitoring',
  urgent: false,
  description: undefined,
  createdAt: NOON,
  changedAt: NOON,
  lastStart: undefined,
  lastSuccess: undefined,
  lastFailure: undefined,
  handledSeq: 0,
  problem: undefined,
  incidentId: undefined,
  ...others,
});

const at = (minutes: number) => later(minutes * MINUTE);
const mark = (seq: number, minutes: number) => ({ seq, at: at(minutes) });
const failure = (seq: number, minutes: number) => ({ ...mark(seq, minutes), exitCode: 3 });
const outage = (from: number, until: number): Outage => ({ from: at(from), until: at(until) });
const evaluated = (heartbeat: Heartbeat, minutes: number, outages: readonly Outage[] = []): Evaluation =>
  evaluate(heartbeat, outages, at(minutes));

describe('a heartbeat', () => {
  it('is missing when the grace after the expected time is over, and is not a moment before', () => {
    const heartbeat = aHeartbeat({ lastSuccess: mark(1, 10) });
    expect(evaluate(heartbeat, [], new Date(at(75).getTime() - 1))).toMatchObject({
      action: undefined,
      dueAt: at(75),
      handledSeq: 1,
    });
    expect(evaluated(heartbeat, 75)).toMatchObject({
      action: { type: 'report', problem: 'missing', expectation: { at: at(70).getTime(), isOfRun: false } },
      problem: { kind: 'missing', since: at(70) },
      dueAt: undefined,
    });
  });

  it('is missing even if it never reported', () => {
    expect(evaluated(aHeartbeat(), 64).action).toBeUndefined();
    expect(evaluated(aHeartbeat(), 65).action).toMatchObject({ problem: 'missing' });
  });

  it('is expected from when its schedule was changed', () => {
    const heartbeat = aHeartbeat({ lastSuccess: mark(1, -600), changedAt: at(30) });
    expect(evaluated(heartbeat, 65)).toMatchObject({ action: undefined, dueAt: at(95) });
  });

  it('is not reported again while it is missing', () => {
    const heartbeat = aHeartbeat({ problem: { kind: 'missing', since: at(60) } });
    expect(evaluated(heartbeat, 600)).toMatchObject({ action: undefined, dueAt: undefined });
  });

  it('resolves its incident with the next success, and is expected again', () => {
    const problem = { kind: 'missing', since: at(60) } as const;
    const heartbeat = aHeartbeat({ problem, lastSuccess: mark(1, 200) });
    const resolved = evaluated(heartbeat, 200);
    expect(resolved).toMatchObject({
      action: { type: 'resolve', since: at(60), at: at(200) },
      problem: undefined,
      handledSeq: 1,
      dueAt: at(200),
    });
    const after = aHeartbeat({ lastSuccess: mark(1, 200), handledSeq: 1 });
    expect(evaluated(after, 200)).toMatchObject({ action: undefined, dueAt: at(265) });
  });

  it('does not end a problem with a start', () => {
    const problem = { kind: 'missing', since: at(60) } as const;
    const heartbeat = aHeartbeat({ problem, lastStart: mark(1, 100) });
    expect(evaluated(heartbeat, 100)).toMatchObject({ action: undefined, problem, handledSeq: 1 });
    expect(stateOf(heartbeat)).toBe('missing');
  });

  it('is missing if a run has not ended within the grace', () => {
    const heartbeat = aHeartbeat({ lastSuccess: mark(1, 0), lastStart: mark(2, 20) });
    expect(stateOf(heartbeat)).toBe('running');
    expect(evaluated(heartbeat, 24)).toMatchObject({ action: undefined, dueAt: at(25) });
    expect(evaluated(heartbeat, 25)).toMatchObject({
      action: { problem: 'missing', expectation: { at: at(20).getTime(), isOfRun: true } },
      problem: { since: at(25) },
    });
  });

  it('gains no time by a start after the expected time', () => {
    const heartbeat = aHeartbeat({ lastSuccess: mark(1, 0), lastStart: mark(2, 64) });
    expect(evaluated(heartbeat, 65).action).toMatchObject({ problem: 'missing' });
  });

  it('does not count a ping shortly before a time of its schedule for that time', () => {
    const schedule = { cron: '0 10 * * *' };
    const lastSuccess = { seq: 1, at: new Date('2026-11-21T06:04:00Z') };
    const heartbeat = aHeartbeat({ schedule, lastSuccess, timeZone: 'Europe/Moscow' });
    // 10:00 in Moscow is 07:00 in UTC.
    const { action } = evaluate(heartbeat, [], new Date('2026-11-21T07:05:00Z'));
    expect(action).toMatchObject({
      problem: 'missing',
      expectation: { at: Date.parse('2026-11-21T07:00:00Z') },
    });
  });

  it('is due after each time of an expression that matches each minute', () => {
    const schedule = { cron: '* 9 * * *' };
    const lastSuccess = { seq: 1, at: new Date('2026-11-21T09:10:30Z') };
    const heartbeat = aHeartbeat({ schedule, lastSuccess });
    expect(evaluate(heartbeat, [], lastSuccess.at).dueAt).toEqual(new Date('2026-11-21T09:16:00Z'));
  });

  describe('whose job has failed', () => {
    it('is reported at once, and again with each failure', () => {
      const heartbeat = aHeartbeat({ lastFailure: failure(1, 10) });
      expect(evaluated(heartbeat, 10)).toMatchObject({
        action: { type: 'report', problem: 'failed' },
        problem: { kind: 'failed', since: at(10) },
        handledSeq: 1,
        dueAt: undefined,
      });
      const problem = { kind: 'failed', since: at(10) } as const;
      const again = aHeartbeat({ lastFailure: failure(2, 70), handledSeq: 1, problem });
      expect(evaluated(again, 70)).toMatchObject({ action: { problem: 'failed' }, problem, handledSeq: 2 });
      expect(evaluated({ ...again, handledSeq: 2 }, 500).action).toBeUndefined();
    });

    it('is reported even if a success came before the evaluation, which resolves the incident next', () => {
      const heartbeat = aHeartbeat({ lastFailure: failure(1, 10), lastSuccess: mark(2, 10) });
      const first = evaluated(heartbeat, 10);
      expect(first).toMatchObject({ action: { problem: 'failed' }, handledSeq: 1, dueAt: at(10) });
      const second = evaluated({ ...heartbeat, problem: first.problem, handledSeq: 1 }, 10);
      expect(second).toMatchObject({ action: { type: 'resolve' }, problem: undefined, handledSeq: 2 });
    });

    it('stays so after a failure that follows a success', () => {
      const problem = { kind: 'missing', since: at(60) } as const;
      const heartbeat = aHeartbeat({ problem, lastSuccess: mark(1, 70), lastFailure: failure(2, 71) });
      expect(evaluated(heartbeat, 71)).toMatchObject({
        action: { problem: 'failed' },
        problem: { kind: 'failed', since: at(60) },
        dueAt: undefined,
      });
    });
  });

  describe('in an outage of the service', () => {
    it.each([
      ['over the whole time of a ping', outage(55, 80)],
      ['in the middle of it', outage(61, 63)],
      ['over its beginning', outage(40, 61)],
      ['over its end', outage(64, 70)],
    ])('is not missing if it was %s', (_, gap) => {
      const endedAt = (gap.until.getTime() - NOON.getTime()) / MINUTE;
      expect(evaluated(aHeartbeat(), 90, [gap])).toMatchObject({
        action: undefined,
        dueAt: at(endedAt + 65),
      });
      expect(evaluated(aHeartbeat(), endedAt + 65, [gap]).action).toMatchObject({ problem: 'missing' });
    });

    it.each([
      ['before', outage(20, 40)],
      ['after', outage(66, 90)],
    ])('is missing if it was %s the time of a ping', (_, gap) => {
      expect(evaluated(aHeartbeat(), 100, [gap]).action).toMatchObject({ problem: 'missing' });
    });

    it('is not missing if the end of a run may have been lost', () => {
      const heartbeat = aHeartbeat({ graceMs: 30 * MINUTE, lastStart: mark(1, 10) });
      expect(evaluated(heartbeat, 45, [outage(20, 25)])).toMatchObject({ action: undefined, dueAt: at(115) });
    });

    it('is not missing after several outages, one after the other', () => {
      const outages = [outage(60, 70), outage(131, 140), outage(200, 230)];
      expect(evaluated(aHeartbeat(), 250, outages)).toMatchObject({ action: undefined, dueAt: at(295) });
    });

    it('is not affected by those before its last ping', () => {
      const heartbeat = aHeartbeat({ lastSuccess: mark(1, 100) });
      expect(evaluated(heartbeat, 110, [outage(55, 80)])).toMatchObject({ dueAt: at(165) });
    });
  });

  it('shows the next five times', () => {
    const heartbeat = aHeartbeat({ lastSuccess: mark(1, 10) });
    const minutes = nextExpected(heartbeat, at(200), 5).map(
      (time) => (time.getTime() - NOON.getTime()) / MINUTE,
    );
    expect(minutes).toEqual([250, 310, 370, 430, 490]);
  });
});

describe('a look', () => {
  it.each([
    [0, 'none'],
    [999, 'none'],
    [-3_000, 'none'],
    [1_000, 'stored'],
    [3_000, 'stored'],
    [3_001, 'outage'],
    [-3_001, 'set-back'],
  ] as const)('%d ms after the last one: %s', (milliseconds, gap) => {
    expect(gapBetween(NOON, later(milliseconds))).toBe(gap);
  });
});
