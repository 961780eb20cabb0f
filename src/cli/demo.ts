import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { AttachFiles, type ReceivedFile } from '../application/attachments/attach-files.js';
import type { TemporaryFile } from '../application/attachments/temporary-files.js';
import { ManagePolicies } from '../application/attention/manage-policies.js';
import { RunTimers } from '../application/attention/run-timers.js';
import { SetTimers } from '../application/attention/set-timers.js';
import { MarkDuplicate } from '../application/incident/mark-duplicate.js';
import { ReportIncident } from '../application/incident/report-incident.js';
import { UpdateIncident } from '../application/incident/update-incident.js';
import { ChangeByDedupKey } from '../application/intake/change-by-dedup-key.js';
import type { Config } from '../config/config.js';
import { DiskTemporaryFiles } from '../infrastructure/files/disk-temporary-files.js';
import { SharpImages } from '../infrastructure/files/sharp-images.js';
import { ObjectSweep } from '../infrastructure/postgres/attachments/object-sweep.js';
import { PostgresAttachments } from '../infrastructure/postgres/attachments/postgres-attachments.js';
import { PostgresAttentionPolicies } from '../infrastructure/postgres/attention/postgres-attention-policies.js';
import { PostgresTimers } from '../infrastructure/postgres/attention/postgres-timers.js';
import { Database } from '../infrastructure/postgres/connection/database.js';
import { inTransaction } from '../infrastructure/postgres/connection/transaction.js';
import { PostgresIncidentRepository } from '../infrastructure/postgres/incidents/postgres-incident-repository.js';
import { PostgresQuarantine } from '../infrastructure/postgres/quarantine/postgres-quarantine.js';
import { attachDatabase } from '../infrastructure/postgres/schema/open-database.js';
import { AttachmentMetrics } from '../infrastructure/prometheus/attachment-metrics.js';
import { IncidentMetrics } from '../infrastructure/prometheus/incident-metrics.js';
import { ReminderMetrics } from '../infrastructure/prometheus/reminder-metrics.js';
import { ObjectStore } from '../infrastructure/s3/object-store.js';
import type { ProcessContext } from '../processes/bootstrap.js';
import { StartupError } from '../shared/startup-error.js';
import { type DemoAttachments, DemoClock, type DemoUseCases, WeekRunner } from './demo/week-runner.js';
import { DEMO_POLICIES, quarantinedMessages } from './demo/surroundings.js';
import { planWeek } from './demo/week.js';

/**
 * Fills an empty register with a plausible week that ends now, while the service runs: all of it, or nothing. A few files follow it.
 * @throws StartupError if the database cannot be used, or has incidents.
 */
export async function createDemo({ config, stop }: ProcessContext, seed: number): Promise<void> {
  const database = await attachDatabase(config, stop);
  try {
    const beganAt = performance.now();
    // The service must not see an incident before its whole history is there: it would send reminders now of what the week has
    // taken days ago.
    const { incidents, attachments } = await inTransaction(database.dataSource, (transaction) =>
      fill(transaction, config, seed, stop),
    );
    await attachFiles(database.dataSource, config, attachments);
    const seconds = ((performance.now() - beganAt) / 1_000).toFixed(1);
    process.stderr.write(`Created ${incidents} incidents of the last seven days (${seconds} s).\n`);
  } finally {
    await database.close();
  }
}

/** @returns the incidents and their files, which are to be attached. */
async function fill(
  database: Database,
  config: Config,
  seed: number,
  stop: AbortSignal,
): Promise<Pick<WeekRunner, 'incidents' | 'attachments'>> {
  await requireEmptyRegister(database);
  const now = new Date();
  const clock = new DemoClock(now);
  await surround(database, config, now);
  const runner = new WeekRunner(useCasesOn(database, clock), clock);
  let day = '';
  for (const action of planWeek(seed, now)) {
    stop.throwIfAborted();
    const dayOfAction = action.at.toISOString().slice(0, 10);
    if (day !== '' && dayOfAction !== day) process.stderr.write(`${day}: ${runner.incidents} incidents\n`);
    day = dayOfAction;
    await runner.run(action);
  }
  await runner.finish(now);
  return runner;
}

/** Attaches files now: the week is over. */
async function attachFiles(
  dataSource: DataSource,
  config: Config,
  attachments: readonly DemoAttachments[],
): Promise<void> {
  const registry = new Registry();
  const database = new Database(dataSource);
  const temporaryFiles = new DiskTemporaryFiles(config);
  const metrics = new AttachmentMetrics(registry);
  const store = new ObjectStore(config, metrics);
  const use = new AttachFiles(
    new PostgresAttachments(
      dataSource,
      database,
      new IncidentMetrics(registry),
      metrics,
      config,
      store,
      new ObjectSweep(database, store),
    ),
    new SharpImages(config),
    temporaryFiles,
    new DemoClock(new Date()),
  );
  const created: TemporaryFile[] = [];
  try {
    for (const { id, by, files } of attachments) {
      const received: ReceivedFile[] = [];
      for (const { name, bytes } of files) {
        const content = await temporaryFiles.create();
        created.push(content);
        await content.append(bytes());
        received.push({ name, content });
      }
      await use.attach({ id, files: received, principal: by.actor, ...by });
    }
  } finally {
    await Promise.all(created.map((file) => file.close()));
    await database.onApplicationShutdown();
  }
}

/** @throws StartupError */
async function requireEmptyRegister(database: Database): Promise<void> {
  // Two of these at the same time would both find it empty.
  await database.query("SELECT pg_advisory_xact_lock(hashtext('incidents demo'))");
  const [row] = await database.query<{ incidents: number }>(
    'SELECT coalesce(sum(count), 0)::float8 AS incidents FROM incident_counts',
  );
  const { incidents } = row!;
  if (incidents === 0) return;
  throw new StartupError(
    `This register has ${incidents} incidents, and nothing deletes incidents: demo data is for an empty register. ` +
      'Set DATABASE_URL or DATA_DIR to another one, for the service too.',
  );
}

/** Policies, unless there are any, and messages in quarantine. */
async function surround(database: Database, config: Config, now: Date): Promise<void> {
  const policies = new ManagePolicies(new PostgresAttentionPolicies(database));
  if ((await policies.list()).size === 0)
    for (const [scope, policy] of DEMO_POLICIES) await policies.store(scope, policy);
  const quarantine = new PostgresQuarantine(database, config);
  for (const message of quarantinedMessages(now)) await quarantine.add(message);
}

function useCasesOn(database: Database, clock: DemoClock): DemoUseCases {
  // Nobody reads the metrics of this process.
  const registry = new Registry();
  const incidents = new PostgresIncidentRepository(database, new IncidentMetrics(registry));
  const timers = new PostgresTimers(database, new ReminderMetrics(registry, database, clock));
  const policies = new PostgresAttentionPolicies(database);
  return {
    reportIncident: new ReportIncident(incidents, clock),
    updateIncident: new UpdateIncident(incidents, clock),
    markDuplicate: new MarkDuplicate(incidents, clock),
    changeByDedupKey: new ChangeByDedupKey(incidents, clock),
    setTimers: new SetTimers(timers, policies, clock),
    runTimers: new RunTimers(timers, policies, clock),
    nextTimerAt: async () => {
      const [row] = await database.query<{ at: Date | null }>(
        'SELECT min(greatest(due_at, taken_until)) AS at FROM timers',
      );
      return row!.at ?? undefined;
    },
  };
}
