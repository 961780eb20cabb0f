import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Registry } from 'prom-client';
import { AttachFiles } from '../application/attachments/attach-files.js';
import { ImportReports, type ImportUpdate } from '../application/imports/import-reports.js';
import type { ImportProgress } from '../application/imports/import-repository.js';
import { ChannelRegistry } from '../application/intake/channel-registry.js';
import { StoreUnavailable } from '../application/operations/store-unavailable.js';
import type { Config } from '../config/config.js';
import { DomainError } from '../domain/domain-error.js';
import { UnreadableFile } from '../domain/imports/import-errors.js';
import { DiskTemporaryFiles } from '../infrastructure/files/disk-temporary-files.js';
import { SharpImages } from '../infrastructure/files/sharp-images.js';
import { ObjectSweep } from '../infrastructure/postgres/attachments/object-sweep.js';
import { PostgresAttachments } from '../infrastructure/postgres/attachments/postgres-attachments.js';
import { Database } from '../infrastructure/postgres/connection/database.js';
import { PostgresImports } from '../infrastructure/postgres/imports/postgres-imports.js';
import { ChannelRegistration } from '../infrastructure/postgres/schema/channel-registration.js';
import { attachDatabase } from '../infrastructure/postgres/schema/open-database.js';
import { AttachmentMetrics } from '../infrastructure/prometheus/attachment-metrics.js';
import { IncidentMetrics } from '../infrastructure/prometheus/incident-metrics.js';
import { ObjectStore } from '../infrastructure/s3/object-store.js';
import { SystemClock } from '../infrastructure/system-clock.js';
import { REGISTERED_CHANNELS } from '../presentation/channels/registered-channels.js';
import { ImportFile, type ImportSettings } from '../presentation/imports/import-file.js';
import { HTML_EXPORT } from '../presentation/imports/telegram-source.js';
import type { ProcessContext } from '../processes/bootstrap.js';
import { ShutdownError } from '../shared/shutdown-error.js';
import { StartupError } from '../shared/startup-error.js';
import { DiskInput, DiskMediaFolder } from './import/disk-files.js';
import { ImportProgressLine } from './import/progress-line.js';
import { RejectedRows } from './import/rejected-rows.js';

/** How a file is imported, as the command line says. */
export interface ImportOptions extends Omit<ImportSettings, 'accessKey' | 'media'> {
  readonly isDryRun: boolean;
}

/** The owner of the files that the command line imports. */
const PRINCIPAL = 'import';

/** How many rejected rows are shown; the file has all of them. */
const MAX_SHOWN = 20;

const HTML_FILES = ['messages.html', 'export_results.html'];

/**
 * Imports a file while the service runs, or while it does not: each row once, however often this is started.
 * @throws StartupError if the database or the file cannot be used.
 */
export async function importFile(
  { config, stop }: ProcessContext,
  path: string,
  { isDryRun, ...options }: ImportOptions,
): Promise<void> {
  const given = await findFile(path, options.format);
  const file = await DiskInput.open(given).catch((error: unknown) => {
    throw new StartupError(`Cannot read ${given}: ${(error as Error).message}`);
  });
  try {
    const media = options.format === 'telegram' ? new DiskMediaFolder(dirname(given)) : undefined;
    const imported = await ImportFile.open(file, { ...options, media });
    for (const sentence of imported.describe()) process.stderr.write(`${sentence}\n`);
    if (isDryRun) await show(imported, imported.check(stop), { isDryRun, rejected: undefined });
    else await importRows(imported, given, config, stop);
  } catch (error) {
    if (error instanceof ShutdownError)
      throw new StartupError('Stopped. Run the same command again to continue.');
    if (error instanceof DomainError) throw new StartupError(error.message, { cause: error });
    if (error instanceof StoreUnavailable)
      throw new StartupError(`${error.message} Run the same command again to continue.`, { cause: error });
    throw error;
  } finally {
    await file.close();
  }
}

async function importRows(
  imported: ImportFile,
  path: string,
  config: Config,
  stop: AbortSignal,
): Promise<void> {
  const attached = await attachDatabase(config, stop);
  const database = new Database(attached.dataSource);
  try {
    await new ChannelRegistration(database, new ChannelRegistry(REGISTERED_CHANNELS)).onModuleInit();
    const clock = new SystemClock();
    // Nobody reads the metrics of this process.
    const registry = new Registry();
    const incidentMetrics = new IncidentMetrics(registry);
    const attachmentMetrics = new AttachmentMetrics(registry);
    const store = new ObjectStore(config, attachmentMetrics);
    const sweep = new ObjectSweep(database, store);
    const attachFiles = new AttachFiles(
      new PostgresAttachments(
        attached.dataSource,
        database,
        incidentMetrics,
        attachmentMetrics,
        config,
        store,
        sweep,
      ),
      new SharpImages(config),
      new DiskTemporaryFiles(config),
      clock,
    );
    const repository = new PostgresImports(
      attached.dataSource,
      database,
      incidentMetrics,
      attachmentMetrics,
      clock,
      store,
      sweep,
    );
    const importReports = new ImportReports(repository, attachFiles);
    const { identity } = imported;
    const earlier = await importReports.find(identity.digest);
    if (earlier) process.stderr.write(`${earlierText(earlier)}\n`);
    const updates = importReports.execute(imported, { principal: PRINCIPAL, signal: stop });
    const { columns, isTable } = imported.source;
    const rejected = new RejectedRows(`${path}.rejected`, isTable ? columns : undefined);
    // Somebody may be correcting the file of an import that has finished.
    const isKept = earlier?.finishedAt !== undefined && earlier.accepted > 0 && (await exists(rejected.path));
    await show(imported, updates, { isDryRun: false, rejected: isKept ? undefined : rejected });
    if (await exists(rejected.path))
      process.stderr.write(`The rejected rows are in ${rejected.path}, each with its reason.\n`);
  } finally {
    await database.onApplicationShutdown();
    await attached.close();
  }
}

/**
 * Shows the updates.
 * @param isDryRun whether no row is stored.
 * @param rejected gets the rejected rows.
 * @throws StartupError if the import was stopped.
 */
async function show(
  imported: ImportFile,
  updates: AsyncIterable<ImportUpdate>,
  { isDryRun, rejected }: { readonly isDryRun: boolean; readonly rejected: RejectedRows | undefined },
): Promise<void> {
  const line = new ImportProgressLine(process.stderr);
  let shown = 0;
  try {
    for await (const update of updates) {
      if (update.type === 'rejected') {
        if (shown++ < MAX_SHOWN) line.print(`row ${update.row}: ${update.reason}`);
        await rejected?.add(update);
        continue;
      }
      if (update.type === 'counting') {
        line.update(`Reading the file: ${update.total} rows`);
        continue;
      }
      const { total, progress } = update;
      const { position, accepted, rejected: count } = progress;
      const share = total === undefined || position === total ? '' : ` of ${total}`;
      const rows = `${position}${share} rows, ${accepted} ${isDryRun ? 'acceptable' : 'imported'}, ${count} rejected`;
      if (update.type === 'stopped')
        throw new StartupError(`Stopped: ${rows}. Run the same command again to continue.`);
      if (update.type === 'progress') line.update(rows);
      else line.print(`${isDryRun ? 'Checked' : 'Finished'}: ${rows}.`);
    }
    await rejected?.finish();
  } finally {
    line.end();
    await rejected?.close();
  }
}

const earlierText = ({ position, accepted, finishedAt }: ImportProgress): string =>
  finishedAt
    ? `This file was imported on ${finishedAt.toISOString()}: ${accepted} of ${position} rows. None is imported again.`
    : `An import of this file has done ${position} rows, of which ${accepted} are imported. It continues after them.`;

/** The file itself, or the one in a folder of an export. @throws StartupError */
async function findFile(path: string, format: ImportOptions['format']): Promise<string> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder) return path;
  if (format !== 'telegram') throw new StartupError(`${path} is a folder`);
  const result = join(path, 'result.json');
  if (await exists(result)) return result;
  for (const name of HTML_FILES)
    if (await exists(join(path, name))) throw new StartupError(new UnreadableFile(HTML_EXPORT).message);
  throw new StartupError(`${path} has no result.json`);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
