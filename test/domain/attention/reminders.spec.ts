import fc from 'fast-check';
import {
  type AttentionPolicy,
  CHAT_DEFAULT,
  OFF,
  policyFor,
} from '../../../src/domain/attention/attention-policy.js';
import { afterQuietHours } from '../../../src/domain/attention/quiet-hours.js';
import { type AttentionFacts, evaluate } from '../../../src/domain/attention/reminders.js';
import type { ReminderEvent } from '../../../src/domain/incident/incident-events.js';
import { parseDailyPeriod } from '../../../src/shared/time/daily-time.js';
import { later, NOON } from '../../support/builders.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const EVERY_15_MINUTES = { ...OFF, takeWithinMs: 15 * MINUTE };

const REPORTED: AttentionFacts = {
  id: 1,
  version: 1,
  status: 'NEW',
  source: 'monitoring',
  channel: 'rest',
  urgent: false,
  assignee: undefined,
  updatedAt: NOON,
  origin: undefined,
  stageStart: { seq: 1, at: NOON },
  lastReminder: undefined,
};

/** Evaluates an incident whenever its timer is due, under a virtual clock: the reminders until `until`. */
function run(policy: AttentionPolicy, facts: AttentionFacts, until: Date, lateMs = 0): ReminderEvent[] {
  const events: ReminderEvent[] = [];
  let current = facts;
  let nextAt = evaluate(policy, facts, facts.updatedAt).nextAt;
  while (nextAt && nextAt <= until) {
    const now = new Date(nextAt.getTime() + lateMs);
    const evaluation = evaluate(policy, current, now);
    const { event } = evaluation;
    if (event) {
      events.push(event);
      current = Object.assign({}, current, {
        version: event.seq,
        updatedAt: event.at,
        lastReminder: event,
      });
    }
    ({ nextAt } = evaluation);
    // A timer that is due at once again would never end.
    expect(nextAt === undefined || nextAt > now).toBe(true);
  }
  return events;
}

const minutesOf = (events: readonly ReminderEvent[]) =>
  events.map(({ at }) => (at.getTime() - NOON.getTime()) / MINUTE);

describe('reminders', () => {
  it('repeat every take_within until somebody takes the incident, and are numbered', () => {
    const events = run(EVERY_15_MINUTES, REPORTED, later(HOUR));
    expect(minutesOf(events)).toEqual([15, 30, 45, 60]);
    expect(events.map(({ type, purpose, number, seq }) => [type, purpose, number, seq])).toEqual(
      [1, 2, 3, 4].map((number) => ['reminded', 'take', number, number + 1]),
    );
  });

  it('escalate after that many, and repeat the escalation', () => {
    const types = (escalateAfter: number) =>
      run({ ...EVERY_15_MINUTES, escalateAfter }, REPORTED, later(HOUR)).map(({ type }) => type);
    expect(types(3)).toEqual(['reminded', 'reminded', 'reminded', 'escalated']);
    expect(types(1)).toEqual(['reminded', 'escalated', 'escalated', 'escalated']);
  });

  it('are off without a policy, or with a policy that is off', () => {
    expect(evaluate(undefined, REPORTED, later(HOUR))).toEqual({ event: undefined, nextAt: undefined });
    expect(evaluate(OFF, REPORTED, later(HOUR))).toEqual({ event: undefined, nextAt: undefined });
  });

  it.each([
    { status: 'RESOLVED' },
    { status: 'CLOSED' },
    { status: 'IN_PROGRESS', assignee: 'Анна' },
  ] as const)('to take it end when it is %j', (state) => {
    expect(evaluate(EVERY_15_MINUTES, { ...REPORTED, ...state }, later(HOUR))).toEqual({
      event: undefined,
      nextAt: undefined,
    });
  });

  it('of work in progress count from the last activity, and have their own interval', () => {
    const policy = { ...EVERY_15_MINUTES, remindInProgressAfterMs: 4 * HOUR, escalateAfter: 1 };
    const taken: AttentionFacts = {
      ...REPORTED,
      version: 4,
      status: 'IN_PROGRESS',
      assignee: 'Анна',
      updatedAt: later(20 * MINUTE),
      stageStart: { seq: 4, at: later(20 * MINUTE) },
      lastReminder: { seq: 2, at: later(15 * MINUTE), purpose: 'take', number: 1 },
    };
    const events = run(policy, taken, later(9 * HOUR));
    expect(minutesOf(events)).toEqual([260, 500]);
    expect(events).toMatchObject([
      { type: 'reminded', purpose: 'progress', number: 1, seq: 5 },
      { type: 'reminded', purpose: 'progress', number: 2, seq: 6 },
    ]);
  });

  it('count from the start of a stage: a released incident begins anew', () => {
    const released: AttentionFacts = {
      ...REPORTED,
      version: 6,
      status: 'IN_PROGRESS',
      updatedAt: later(HOUR),
      stageStart: { seq: 6, at: later(HOUR) },
      lastReminder: { seq: 3, at: later(30 * MINUTE), purpose: 'take', number: 2 },
    };
    expect(run(EVERY_15_MINUTES, released, later(75 * MINUTE))).toMatchObject([
      { type: 'reminded', number: 1, at: later(75 * MINUTE) },
    ]);
  });

  it('that are overdue are due once, and the next counts from then', () => {
    const { event, nextAt } = evaluate(EVERY_15_MINUTES, REPORTED, later(10 * HOUR));
    expect(event).toMatchObject({ number: 1, at: later(10 * HOUR) });
    expect(nextAt).toEqual(later(10 * HOUR + 15 * MINUTE));
  });

  it('never precede the last event, even if the clock is set back', () => {
    const facts = { ...REPORTED, updatedAt: later(20 * MINUTE) };
    expect(evaluate(EVERY_15_MINUTES, facts, later(16 * MINUTE)).event?.at).toEqual(later(20 * MINUTE));
  });

  describe('in quiet hours', () => {
    // In Moscow it is 15:00 at NOON.
    const policy = { ...EVERY_15_MINUTES, quietHours: parseDailyPeriod('15:10-18:00 Europe/Moscow') };

    it('wait for their end, when there is one for all', () => {
      expect(minutesOf(run(policy, REPORTED, later(200 * MINUTE)))).toEqual([180, 195]);
    });

    it('come all the same if the incident is urgent', () => {
      expect(minutesOf(run(policy, { ...REPORTED, urgent: true }, later(30 * MINUTE)))).toEqual([15, 30]);
    });

    it('wait for their end if they were due before, in an outage', () => {
      const early = { ...policy, takeWithinMs: 5 * MINUTE };
      expect(evaluate(early, REPORTED, later(HOUR))).toEqual({ event: undefined, nextAt: later(3 * HOUR) });
    });

    it('never come if the whole day is quiet', () => {
      const quietHours = parseDailyPeriod('00:00-00:00 UTC');
      expect(run({ ...policy, quietHours }, REPORTED, later(100 * HOUR))).toEqual([]);
    });
  });

  it('keep their distance, are never quiet, and have consecutive numbers, whatever the policy and the delays', () => {
    const quiet = fc.constantFrom(
      undefined,
      '22:00-08:00 Europe/Berlin',
      '08:00-20:00 UTC',
      '01:00-02:30 Europe/Berlin',
    );
    fc.assert(
      fc.property(
        fc.integer({ min: MINUTE, max: 30 * HOUR }),
        fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
        quiet,
        fc.integer({ min: 0, max: 3 * HOUR }),
        fc.date({ min: new Date('2026-03-20'), max: new Date('2026-11-01'), noInvalidDate: true }),
        (takeWithinMs, escalateAfter, text, lateMs, at) => {
          const quietHours = text === undefined ? undefined : parseDailyPeriod(text);
          const facts = { ...REPORTED, updatedAt: at, stageStart: { seq: 1, at } };
          const until = new Date(at.getTime() + 20 * takeWithinMs);
          const events = run({ ...OFF, takeWithinMs, escalateAfter, quietHours }, facts, until, lateMs);
          let last = at;
          for (const [i, event] of events.entries()) {
            expect(event.number).toBe(i + 1);
            expect(event.seq).toBe(i + 2);
            expect(event.type).toBe(i + 1 > (escalateAfter ?? Infinity) ? 'escalated' : 'reminded');
            expect(event.at.getTime() - last.getTime()).toBeGreaterThanOrEqual(takeWithinMs);
            if (quietHours) expect(afterQuietHours(quietHours, event.at)).toEqual(event.at);
            last = event.at;
          }
        },
      ),
    );
  });
});

describe('the policy of an incident', () => {
  const policies = new Map([
    ['monitoring', { ...OFF, takeWithinMs: 1 * MINUTE }],
    ['tg:-1', { ...OFF, takeWithinMs: 2 * MINUTE }],
  ]);
  const minutes = (source: 'monitoring' | 'operator', origin?: string) => {
    const policy = policyFor(policies, { source, origin });
    return policy?.takeWithinMs && policy.takeWithinMs / MINUTE;
  };

  it('is that of its chat, else of its source, else the default of chats', () => {
    expect(minutes('monitoring', 'tg:-1:42')).toBe(2);
    expect(minutes('monitoring', 'tg:-12:42')).toBe(1);
    expect(minutes('operator', 'tg:-12:42')).toBe(15);
    expect(minutes('monitoring')).toBe(1);
    expect(minutes('operator')).toBeUndefined();
    expect(minutes('operator', 'JIRA-17')).toBeUndefined();
    expect(policyFor(new Map(), { source: 'operator', origin: 'tg:-12:42' })).toBe(CHAT_DEFAULT);
  });
});
