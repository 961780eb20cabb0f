import { INTAKE_OUTCOMES, type IntakeOutcome } from '../../src/application/intake/intake-metrics.js';
import type { IncidentChannel } from '../../src/domain/incident/incident-channel.js';
import type { TestDatabase } from './databases.js';

export type IntakeCounts = Record<IntakeOutcome | 'received', number>;

/** What a page of metrics says of the intake by a channel. */
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

/** What a process that is run with the key `key`, or with another, says of the intake by a channel. */
export async function intakeCountsAt(
  url: string,
  channel: IncidentChannel,
  key = 'key',
): Promise<IntakeCounts> {
  const page = await fetch(`${url}/metrics`, { headers: { 'X-Access-Key': key } });
  return intakeCountsIn(await page.text(), channel);
}

/** The accounts of several processes, or of one after the other, as one. */
export function sumOf(accounts: readonly IntakeCounts[]): IntakeCounts {
  return combined(accounts, (sum, count) => sum + count);
}

/** What has come to an account since another, of the same process. */
export function countsSince(before: IntakeCounts, now: IntakeCounts): IntakeCounts {
  return combined([now, before], (later, earlier) => later - earlier);
}

/** How much was received and is not settled: in the hands of the process. */
export function inFlight({ received, ...outcomes }: IntakeCounts): number {
  return received - Object.values(outcomes).reduce((sum, count) => sum + count, 0);
}

/** Everything that was received is settled. It says nothing of the outcomes: hold those against the register. */
export function expectBalanced(account: IntakeCounts): void {
  expect(account.received).toBeGreaterThan(0);
  expect(inFlight(account)).toBe(0);
}

/** What has come into the register by a channel: the evidence for its accounts. */
export interface StoredCounts {
  readonly incidents: number;
  /** Reports of an incident beyond the first. */
  readonly furtherReports: number;
  /** Events of changes: a request that moves an incident and adds to it has two. */
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
             WHERE channel = $1 AND type IN ('status_changed', 'description_appended')) AS changes,
            (SELECT count(*)::int FROM intake_quarantine WHERE channel = $1) AS quarantined`,
    [channel],
  );
  return found!;
}

function combined(
  accounts: readonly IntakeCounts[],
  combine: (sum: number, count: number) => number,
): IntakeCounts {
  return Object.fromEntries(
    (['received', ...INTAKE_OUTCOMES] as const).map((name) => [
      name,
      accounts.map((account) => account[name]).reduce(combine),
    ]),
  ) as IntakeCounts;
}
