import { Temporal } from 'temporal-polyfill';
import { formatDuration, largestUnits } from '../../shared/time/duration.js';
import type { Expectation, HeartbeatAction } from './evaluation.js';
import { type Heartbeat, lastPingOf } from './heartbeat.js';

/** How much of the output of a failed job the text of its incident has, in bytes from its end. */
export const MAX_OUTPUT_BYTES = 2_000;

/** A time in the zone and in UTC: most false alarms are mistaken zones. */
export function timeText(at: Date, timeZone: string): string {
  const instant = Temporal.Instant.fromEpochMilliseconds(at.getTime());
  const inZone = (zone: string) => {
    const time = instant.toZonedDateTimeISO(zone).toPlainDateTime().toString({ smallestUnit: 'second' });
    return `${time.replace('T', ' ')} ${zone}`;
  };
  return timeZone === 'UTC' ? inZone('UTC') : `${inZone(timeZone)} (${inZone('UTC')})`;
}

const UNITS = { day: 'd', hour: 'h', minute: 'min', second: 's' } as const;

/** A duration in its two largest units: `2 h 5 min`. */
export const durationText = (milliseconds: number): string =>
  largestUnits(milliseconds)
    .map(({ count, unit }) => `${count} ${UNITS[unit]}`)
    .join(' ');

const lines = (...all: readonly (string | undefined)[]) => all.filter(Boolean).join('\n');

/**
 * The text of the report that a ping is missing or a job has failed.
 * @param output what the job sent with its failure; undefined without it.
 */
export function reportText(
  heartbeat: Heartbeat,
  action: Extract<HeartbeatAction, { readonly type: 'report' }>,
  output: Buffer | undefined,
): string {
  const { name, description, lastSuccess, lastFailure, timeZone } = heartbeat;
  const at = (time: Date | undefined) => (time ? timeText(time, timeZone) : 'never');
  if (action.problem === 'missing')
    return lines(
      `${name} has not reported.`,
      description,
      `Last ping: ${at(lastPingOf(heartbeat)?.at)}.`,
      expectationText(heartbeat, action.expectation!),
    );
  const { exitCode, at: failedAt } = lastFailure!;
  const printed = output && outputText(output);
  return lines(
    exitCode === undefined ? `${name} has failed.` : `${name} has failed with exit code ${exitCode}.`,
    description,
    `Failed: ${at(failedAt)}.`,
    `Last success: ${at(lastSuccess?.at)}.`,
    printed && `Output:\n${printed}`,
  );
}

function expectationText({ timeZone, graceMs }: Heartbeat, { at, isOfRun }: Expectation): string {
  const time = timeText(new Date(at), timeZone);
  const grace = formatDuration(graceMs);
  return isOfRun
    ? `The job started at ${time} and has not ended within ${grace}.`
    : `Expected after ${time}, and within ${grace} of it.`;
}

/** What is appended to the incident when the job reports again. */
export function recoveryText(
  { name, problem, timeZone }: Heartbeat,
  { since, at }: Extract<HeartbeatAction, { readonly type: 'resolve' }>,
): string {
  // The clock may have been set back meanwhile.
  const duration = durationText(Math.max(at.getTime() - since.getTime(), 0));
  const was = problem?.kind === 'failed' ? 'had failed' : 'was missing';
  return `${name} has reported again at ${timeText(at, timeZone)}. It ${was} for ${duration}, since ${timeText(since, timeZone)}.`;
}

/** What people can read of the end of an output: a text of UTF-8, without control characters other than line breaks and tabs. */
function outputText(output: Buffer): string {
  const tail = output.subarray(-MAX_OUTPUT_BYTES).toString();
  // A part of a character at the beginning, and what is no UTF-8.
  return tail
    .replace(/^\uFFFD+/u, '')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '')
    .trim();
}
