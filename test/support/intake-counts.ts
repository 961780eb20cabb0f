import { INTAKE_OUTCOMES, type IntakeOutcome } from '../../src/application/intake/intake-metrics.js';
import type { IncidentChannel } from '../../src/domain/incident/incident-channel.js';
import type { TestDatabase } from './databases.js';

export type IntakeCounts = Record<IntakeOutcome | 'received', number>;

/** Parses the intake counts of a channel from a page of metrics. */
export function intakeCountsIn(metrics: string, channel: IncidentChannel): IntakeCounts {
  const value = (name: string, labels: string) =>
    Number(new RegExp(`^${name}\\{${labels}\\} (\\d+)$`, 'm').exec(metrics)?.[1]);
  return {
    received: value('intake_received_total', `channel="${channel}"`),
    ...(Object.fromEntries(
      INTAKE_OUTCOMES.map((outcome) => [
        outcome,
        value('intake_outcomes_total', `channel="${channel}",outcome="${outcome}"`),
      ]),
    ) as Record<IntakeOutcome, number>),
  };
}

/** Fetches the intake counts of a channel from a process. */
export async function intakeCountsAt(
  url: string,
  channel: IncidentChannel,
  key = 'key',
): Promise<IntakeCounts> {
  const page = await fetch(`${url}/metrics`, { headers: { 'X-Access-Key': key } });
  return intakeCountsIn(await page.text(), channel);
}

/** The sum of the counts of several processes. */
export function sumOf(counts: readonly IntakeCounts[]): IntakeCounts {
  return combined(counts, (sum, count) => sum + count);
}

/** The difference of two readings of one process. */
export function countsSince(before: IntakeCounts, now: IntakeCounts): IntakeCounts {
  return combined([now, before], (later, earlier) => later - earlier);
}

/** The number of received messages without an outcome. */
export function inFlight({ received, ...outcomes }: IntakeCounts): number {
  return received - Object.values(outcomes).reduce((sum, count) => sum + count, 0);
}

/** Expects an outcome for everything received. It does not check the outcomes: compare them with `storedCountsIn`. */
export function expectBalanced(counts: IntakeCounts): void {
  expect(counts.received).toBeGreaterThan(0);
  expect(inFlight(counts)).toBe(0);
}

/** What the database has stored of a channel, to compare with its intake counts. */
export interface StoredCounts {
  readonly incidents: number;
  /** Reports of an incident beyond the first. */
  readonly furtherReports: number;
  /** Events of changes: a request that changes the status and appends text has two. */
  readonly changes: number;
  readonly quarantined: number;
}

export async function storedCountsIn(
  database: TestDatabase,
  channel: IncidentChannel,
): Promise<StoredCounts> {
  const [found] = await database.query<StoredCounts>(
    `SELECT (SELECT count(*)::int FROM incidents WHERE channel = $1) AS incidents,
            (SELECT count(*)::int FROM incident_events
             WHERE channel = $1 AND type IN ('duplicate_reported', 'reopened')) AS "furtherReports",
            (SELECT count(*)::int FROM incident_events
             WHERE channel = $1 AND type IN ('status_changed', 'description_appended', 'attached')) AS changes,
            (SELECT count(*)::int FROM intake_quarantine WHERE channel = $1) AS quarantined`,
    [channel],
  );
  return found!;
}

function combined(
  readings: readonly IntakeCounts[],
  combine: (sum: number, count: number) => number,
): IntakeCounts {
  return Object.fromEntries(
    (['received', ...INTAKE_OUTCOMES] as const).map((name) => [
      name,
      readings.map((counts) => counts[name]).reduce(combine),
    ]),
  ) as IntakeCounts;
}
