import type { IncidentEvent, ReminderPurpose } from '../../src/domain/incident/incident-events.js';
import { isReminder } from './in-memory-timers.js';

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;

/** Quiet hours in minutes of the day, in a zone with an offset in minutes that never changes. */
export interface Quiet {
  /** The same as a policy has it. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

/** What a policy says. */
export interface Rules {
  readonly takeWithinMs: number | undefined;
  readonly escalateAfter: number | undefined;
  readonly remindInProgressAfterMs: number | undefined;
  readonly quiet: Quiet | undefined;
}

const minuteOf = ({ offset }: Quiet, at: Date) =>
  (Math.floor(at.getTime() / MINUTE) + offset + DAY_MINUTES) % DAY_MINUTES;

export function isQuiet({ quiet }: Rules, at: Date): boolean {
  if (!quiet) return false;
  const { from, to } = quiet;
  const minute = minuteOf(quiet, at);
  return from < to ? from <= minute && minute < to : minute >= from || minute < to;
}

/** The end of the quiet hours at this time; the time itself if it is not quiet. */
export function quietEnd(rules: Rules, at: Date): Date {
  if (!isQuiet(rules, at)) return at;
  const minutes = (rules.quiet!.to - minuteOf(rules.quiet!, at) + DAY_MINUTES) % DAY_MINUTES;
  return new Date((Math.floor(at.getTime() / MINUTE) + minutes) * MINUTE);
}

/** A reminder that an incident waits for. */
interface Due {
  readonly type: 'reminded' | 'escalated';
  readonly purpose: ReminderPurpose;
  readonly number: number;
  /** Without regard to quiet hours. */
  readonly at: Date;
  readonly isUrgent: boolean;
}

/** The next reminder of an incident, found by walking through its history; undefined if there is none. */
export function nextReminder(rules: Rules, history: readonly IncidentEvent[]): Due | undefined {
  let isOpen = true;
  let isTaken = false;
  let isUrgent = false;
  let since = new Date(NaN);
  let number = 1;
  for (const event of history) {
    if ('to' in event) isOpen = event.to === 'NEW' || event.to === 'IN_PROGRESS';
    if ('assignee' in event && event.assignee !== undefined) isTaken = true;
    if (event.type === 'unassigned') isTaken = false;
    if ('urgent' in event && event.urgent !== undefined) isUrgent = event.urgent;
    const isReopened = 'from' in event && event.from === 'RESOLVED';
    if (isReminder(event)) number++;
    else if (isTaken || isReopened || event.type === 'reported' || event.type === 'unassigned') number = 1;
    else continue;
    since = event.at;
  }
  const purpose = isTaken ? 'progress' : 'take';
  const afterMs = isTaken ? rules.remindInProgressAfterMs : rules.takeWithinMs;
  if (!isOpen || afterMs === undefined) return undefined;
  const isEscalated = !isTaken && number > (rules.escalateAfter ?? Infinity);
  const at = new Date(since.getTime() + afterMs);
  return { type: isEscalated ? 'escalated' : 'reminded', purpose, number, at, isUrgent };
}
