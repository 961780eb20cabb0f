import type { ReminderEvent, ReminderPurpose } from '../incident/incident-events.js';
import type { IncidentState } from '../incident/incident-state.js';
import { isOpen } from '../incident/incident-status.js';
import type { AttentionPolicy } from './attention-policy.js';
import { afterQuietHours } from './quiet-hours.js';

/** The actor of reminders in the history. */
export const REMINDER_ACTOR = 'service';

/** An event as far as reminders depend on it. */
export interface EventMark {
  readonly seq: number;
  readonly at: Date;
}

/** What reminders of an incident depend on, as of one version of it. */
export interface AttentionFacts extends Pick<
  IncidentState,
  'id' | 'version' | 'status' | 'source' | 'channel' | 'urgent' | 'assignee' | 'updatedAt' | 'origin'
> {
  /**
   * The event since which nobody works on it: its report, or when it was released or reopened. If somebody works on it, its last
   * event other than a reminder.
   */
  readonly stageStart: EventMark;
  /** Its last reminder or escalation. */
  readonly lastReminder:
    (EventMark & { readonly purpose: ReminderPurpose; readonly number: number }) | undefined;
}

/** What happens to the timer of an incident. */
export interface Evaluation {
  /** The reminder that is due; undefined if none is. */
  readonly event: ReminderEvent | undefined;
  /** When the incident is to be evaluated again; undefined for never. */
  readonly nextAt: Date | undefined;
}

const NEVER: Evaluation = { event: undefined, nextAt: undefined };

/** What somebody should do with the incident now; undefined if there is nothing to remind of. */
function purposeOf({ status, assignee }: AttentionFacts): ReminderPurpose | undefined {
  if (!isOpen(status)) return undefined;
  return assignee === undefined ? 'take' : 'progress';
}

/** The next reminder of an incident: its number within its stage, and when it is due. */
function nextReminder(policy: AttentionPolicy, facts: AttentionFacts) {
  const purpose = purposeOf(facts);
  const afterMs = purpose === 'take' ? policy.takeWithinMs : policy.remindInProgressAfterMs;
  if (purpose === undefined || afterMs === undefined) return undefined;
  const { lastReminder, stageStart } = facts;
  const isOfStage = lastReminder?.purpose === purpose && lastReminder.seq > stageStart.seq;
  const last = isOfStage ? lastReminder : { at: stageStart.at, number: 0 };
  const dueAt = audibleFrom(policy, facts, new Date(last.at.getTime() + afterMs));
  return dueAt && { purpose, number: last.number + 1, dueAt };
}

/** The first moment from `at` on at which the policy permits a reminder; undefined for never. */
function audibleFrom(
  { quietHours }: AttentionPolicy,
  { urgent }: AttentionFacts,
  at: Date,
): Date | undefined {
  return quietHours && !urgent ? afterQuietHours(quietHours, at) : at;
}

/**
 * What is due of an incident now, and when to evaluate it again. An overdue reminder is due once, and the time to the next one counts
 * from it. What was due in quiet hours, or in an outage that lasted until them, is due at their end.
 * @param policy undefined if none applies.
 */
export function evaluate(policy: AttentionPolicy | undefined, facts: AttentionFacts, now: Date): Evaluation {
  const next = policy && nextReminder(policy, facts);
  if (!next) return NEVER;
  if (next.dueAt > now) return { event: undefined, nextAt: next.dueAt };
  const permittedAt = audibleFrom(policy, facts, now);
  if (permittedAt?.getTime() !== now.getTime()) return { event: undefined, nextAt: permittedAt };
  const event = eventOf(policy, facts, next, now);
  const after = { ...facts, version: event.seq, updatedAt: event.at, lastReminder: event };
  return { event, nextAt: nextReminder(policy, after)?.dueAt };
}

function eventOf(
  { escalateAfter }: AttentionPolicy,
  { version, updatedAt, channel }: AttentionFacts,
  { purpose, number }: { readonly purpose: ReminderPurpose; readonly number: number },
  now: Date,
): ReminderEvent {
  const base = {
    seq: version + 1,
    // Timestamps of a history never decrease.
    at: now > updatedAt ? now : updatedAt,
    actor: REMINDER_ACTOR,
    accessKey: undefined,
    channel,
    number,
  };
  const isEscalated = purpose === 'take' && escalateAfter !== undefined && number > escalateAfter;
  return isEscalated ? { ...base, type: 'escalated', purpose } : { ...base, type: 'reminded', purpose };
}
