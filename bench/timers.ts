import { setTimeout as sleep } from 'node:timers/promises';
import { Contender } from './contender.ts';
import { interruption } from './interruption.ts';
import type { Postgres } from './postgres.ts';
import { ours } from './programs.ts';

const PROCESSES = 2;
const POLL_INTERVAL_MS = 50;

/** Reminders follow each other after 15 minutes by default: a timer that is due before half of that is not completed. */
const COMPLETED_FOR = "interval '7 minutes'";

// As after an outage: timers of all incidents are due at once, in the order of their reports.
const SET_TIMERS = `
  INSERT INTO timers (incident_id, version, due_at)
  SELECT id, version, now() - interval '1 minute' FROM incidents ORDER BY id`;

const REMAINS = `
  SELECT EXISTS (SELECT FROM timers WHERE greatest(due_at, taken_until) < now() + ${COMPLETED_FOR}) AS remains`;

/**
 * Measures how fast two api processes complete the timers of all incidents of this database, each with an event of its history.
 * @returns timers per second.
 */
export async function completeTimers(postgres: Postgres, database: string, timers: number): Promise<number> {
  await using running = new AsyncDisposableStack();
  for (let started = 0; started < PROCESSES; started++) {
    running.use(await Contender.start(ours(postgres.url(database)), postgres.directory));
  }
  await postgres.query(SET_TIMERS, database);
  const startedAt = performance.now();
  await untilCompleted(postgres, database);
  const rate = (timers / (performance.now() - startedAt)) * 1_000;
  await requireReminders(postgres, database, timers);
  return rate;
}

async function untilCompleted(postgres: Postgres, database: string): Promise<void> {
  for (;;) {
    interruption.throwIfAborted();
    const [found] = await postgres.query<{ remains: boolean }>(REMAINS, database);
    if (!found!.remains) return;
    await sleep(POLL_INTERVAL_MS);
  }
}

/** @throws if there is not one reminder for each timer: what completes without its effect is fast, and worthless. */
async function requireReminders(postgres: Postgres, database: string, timers: number): Promise<void> {
  const [found] = await postgres.query<{ reminders: number; incidents: number }>(
    `SELECT count(*)::int AS reminders, count(DISTINCT incident_id)::int AS incidents
     FROM incident_events WHERE type = 'reminded'`,
    database,
  );
  const { reminders, incidents } = found!;
  if (reminders === timers && incidents === timers) return;
  throw new Error(`${timers} due timers: ${reminders} reminders of ${incidents} incidents`);
}
