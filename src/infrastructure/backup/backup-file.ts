import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { StartupError } from '../../shared/startup-error.js';
import { MIGRATION_NAMES } from '../postgres/schema/data-source.js';
import { SERVICE_TABLES } from '../postgres/schema/privileges.js';
import { waitForExit, findTool, startTool } from './postgres-tools.js';

/** A row of the table of migrations in a backup: id, timestamp and name. */
const MIGRATION_ROW = /^\d+\t\d+\t(\w+)$/gm;

/** Functions that no trigger calls. */
const FUNCTIONS = [
  'feed_epoch',
  'incident_search_key',
  'incident_search_text',
  'server_timeline',
  'duration_bucket',
  'bucket_counts',
  'add_bucket_counts',
  'sum_bucket_counts',
  'is_valid_incident',
  'is_valid_event',
] as const;

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');

/**
 * Drops the service's tables, the types of their columns and its functions, and nothing else: it fails if another object
 * depends on one of them.
 */
const dropTables = (tables: readonly string[] | 'all') => `
  DO $clear$
  DECLARE
    home oid := coalesce((SELECT relnamespace FROM pg_class WHERE oid = to_regclass('migrations')),
      current_schema()::regnamespace);
    tables regclass[] := ARRAY(
      SELECT oid::regclass FROM pg_class
      WHERE relnamespace = home AND relkind IN ('r', 'p')
        AND ${tables === 'all' ? 'true' : `relname IN (${quoted(tables)})`}
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e'));
    functions regprocedure[] := ARRAY(
      SELECT tgfoid::regprocedure FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
      WHERE tgrelid = ANY(tables) AND NOT tgisinternal AND pronamespace = home
      UNION
      SELECT oid::regprocedure FROM pg_proc WHERE proname IN (${quoted(FUNCTIONS)}) AND pronamespace = home);
    types regtype[] := ARRAY(
      SELECT DISTINCT atttypid::regtype FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
      WHERE attrelid = ANY(tables) AND typtype = 'e' AND typnamespace = home);
  BEGIN
    IF tables <> '{}' THEN EXECUTE 'DROP TABLE ' || array_to_string(tables, ', '); END IF;
    IF functions <> '{}' THEN EXECUTE 'DROP ROUTINE ' || array_to_string(functions, ', '); END IF;
    IF types <> '{}' THEN EXECUTE 'DROP TYPE ' || array_to_string(types, ', '); END IF;
  END $clear$;
`;

/**
 * Begins another epoch of the event feed: positions from after the backup belong to events that are no longer there.
 * An older backup may have no feed.
 */
const BEGIN_EPOCH = `
  RESET search_path;
  DO $epoch$ BEGIN
    IF to_regclass('feed_state') IS NOT NULL THEN UPDATE feed_state SET timeline = 'restored'; END IF;
  END $epoch$;
`;

/**
 * Ends all sessions: those that ended after the backup, as of a stolen laptop, must not come back. An older backup may have none.
 */
const END_SESSIONS = `
  DO $sessions$ BEGIN
    IF to_regclass('sessions') IS NOT NULL THEN DELETE FROM sessions; DELETE FROM sign_in_tokens; END IF;
  END $sessions$;
`;

/** A backup that this version can restore. */
export class BackupFile {
  private constructor(
    private readonly path: string,
    private readonly pgRestore: string,
    private readonly psql: string,
  ) {}

  /** @throws StartupError if it is not a backup of the service, or is of a newer version of the service. */
  static async open(path: string, major: number, directory: string | undefined): Promise<BackupFile> {
    const pgRestore = findTool('pg_restore', major, directory);
    // From the same directory, so that both tools have the same version.
    const psql = findTool('psql', major, dirname(pgRestore));
    const migrations = await migrationsIn(path, pgRestore);
    if (migrations.length === 0) throw new StartupError(`${path} is not a backup of the service.`);
    const unknown = migrations.find((name) => !MIGRATION_NAMES.has(name));
    if (unknown !== undefined) {
      throw new StartupError(
        `The backup ${path} is of a newer version of the service, whose schema this one does not know (${unknown}): ` +
          'restore it with that version or a later one. Nothing has been changed.',
      );
    }
    return new BackupFile(path, pgRestore, psql);
  }

  /**
   * Replaces the service's tables in this database with the backup, in one transaction. The schema is that of the backup then, and
   * the caller migrates it.
   * @param isNewer whether the database may have tables that this version does not know.
   * @throws StartupError if that fails; nothing has been changed then.
   */
  async restoreInto(databaseUrl: string, isNewer: boolean): Promise<void> {
    const writing = startTool(
      databaseUrl,
      this.psql,
      ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--file=-'],
      // It prints only the results of the statements that set its session up.
      ['pipe', 'ignore', 'inherit'],
    );
    const args = ['--clean', '--if-exists', '--no-owner', '--no-privileges', '--file=-', this.path];
    const reading = spawn(this.pgRestore, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    // When psql ends before all is written, it has written the reason itself.
    writing.stdin!.on('error', () => {
      reading.stdout.destroy();
      reading.kill();
    });
    const written = waitForExit(writing, this.psql);
    written.catch(() => undefined);
    writing.stdin!.write(`BEGIN;\n${dropTables(isNewer ? 'all' : SERVICE_TABLES)}`);
    reading.stdout.pipe(writing.stdin!, { end: false });
    const isComplete = await waitForExit(reading, this.pgRestore).then(
      () => true,
      () => false,
    );
    // Without COMMIT, all of it is rolled back when the connection ends.
    writing.stdin!.end(isComplete ? `${BEGIN_EPOCH}${END_SESSIONS}\nCOMMIT;\n` : '');
    await written;
    if (!isComplete) throw new StartupError(`${this.pgRestore} failed: see above. Nothing has been changed.`);
  }
}

/** The names of the migrations that the schema of this backup has. */
async function migrationsIn(path: string, pgRestore: string): Promise<string[]> {
  const args = ['--data-only', '--table=migrations', '--file=-', path];
  const reading = spawn(pgRestore, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [content] = await Promise.all([text(reading.stdout), waitForExit(reading, pgRestore)]);
  return [...content.matchAll(MIGRATION_ROW)].map(([, name]) => name!);
}
