import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { StartupError } from '../../shared/startup-error.js';
import { MIGRATION_NAMES } from '../postgres/schema/data-source.js';
import { FORMER_TABLES, SERVICE_TABLES } from '../postgres/schema/privileges.js';
import { endOf, findTool, startOn } from './postgres-tools.js';

/** A row of the table of migrations, as a backup has it: its number, its moment and its name. */
const MIGRATION = /^\d+\t\d+\t(\w+)$/gm;

/** Functions of the register that no trigger names. */
const REGISTER_FUNCTIONS = ['incident_search_key', 'incident_search_text'] as const;

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');

/**
 * Removes the register's tables, with the types of their columns and its functions. Nothing else goes with them: where
 * something depends on one, this is refused.
 */
const CLEAR = (tables: readonly string[] | 'all') => `
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
      SELECT oid::regprocedure FROM pg_proc WHERE proname IN (${quoted(REGISTER_FUNCTIONS)}) AND pronamespace = home);
    types regtype[] := ARRAY(
      SELECT DISTINCT atttypid::regtype FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
      WHERE attrelid = ANY(tables) AND typtype = 'e' AND typnamespace = home);
  BEGIN
    IF tables <> '{}' THEN EXECUTE 'DROP TABLE ' || array_to_string(tables, ', '); END IF;
    IF functions <> '{}' THEN EXECUTE 'DROP FUNCTION ' || array_to_string(functions, ', '); END IF;
    IF types <> '{}' THEN EXECUTE 'DROP TYPE ' || array_to_string(types, ', '); END IF;
  END $clear$;
`;

/**
 * Begins another epoch of the event feed: positions that were given after the backup belong to events that are no longer there. The
 * time makes it differ from the epochs of other restores of the same backup.
 */
const BEGIN_EPOCH = `
  RESET search_path;
  DO $epoch$
  BEGIN
    IF to_regclass('feed_state') IS NOT NULL THEN
      UPDATE feed_state SET epoch = greatest(epoch + 1, extract(epoch FROM now())::bigint);
    END IF;
  END $epoch$;
`;

/** A backup that this program can bring back. */
export class BackupFile {
  private constructor(
    private readonly path: string,
    private readonly restorer: string,
    private readonly writer: string,
  ) {}

  /** @throws StartupError where it is none, or is of a newer version of the service. */
  static async open(path: string, major: number, directory: string | undefined): Promise<BackupFile> {
    const restorer = findTool('pg_restore', major, directory);
    // Those of one version understand each other best.
    const writer = findTool('psql', major, dirname(restorer));
    const steps = await migrationsIn(path, restorer);
    if (steps.length === 0) throw new StartupError(`${path} is no backup of a register.`);
    const unknown = steps.find((name) => !MIGRATION_NAMES.has(name));
    if (unknown !== undefined) {
      throw new StartupError(
        `The backup ${path} is of a newer version of the service, whose schema this one does not know (${unknown}): ` +
          'restore it with that version or a later one. Nothing has been changed.',
      );
    }
    return new BackupFile(path, restorer, writer);
  }

  /**
   * Puts what is in it in the place of the register in this database, in one transaction; the schema is then that of the
   * backup, and to be brought up to date.
   * @param isNewer says that the register there may have tables that this program does not know.
   * @throws StartupError where that is not possible; nothing has been changed then.
   */
  async restoreInto(databaseUrl: string, isNewer: boolean): Promise<void> {
    const writing = startOn(
      databaseUrl,
      this.writer,
      ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--file=-'],
      // What it prints are the results of the statements that set its session up.
      ['pipe', 'ignore', 'inherit'],
    );
    const args = ['--clean', '--if-exists', '--no-owner', '--no-privileges', '--file=-', this.path];
    const reading = spawn(this.restorer, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    // Where it has ended before all was written, it has said why.
    writing.stdin!.on('error', () => {
      reading.stdout.destroy();
      reading.kill();
    });
    const written = endOf(writing, this.writer);
    written.catch(() => undefined);
    writing.stdin!.write(`BEGIN;\n${CLEAR(isNewer ? 'all' : [...SERVICE_TABLES, ...FORMER_TABLES])}`);
    reading.stdout.pipe(writing.stdin!, { end: false });
    const isWhole = await endOf(reading, this.restorer).then(
      () => true,
      () => false,
    );
    // Without it, all of it is undone when the connection ends.
    writing.stdin!.end(isWhole ? `${BEGIN_EPOCH}\nCOMMIT;\n` : '');
    await written;
    if (!isWhole) throw new StartupError(`${this.restorer} has failed: see above. Nothing has been changed.`);
  }
}

/** The steps by which the schema of this backup was made. */
async function migrationsIn(path: string, restorer: string): Promise<string[]> {
  const args = ['--data-only', '--table=migrations', '--file=-', path];
  const reading = spawn(restorer, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [content] = await Promise.all([text(reading.stdout), endOf(reading, restorer)]);
  return [...content.matchAll(MIGRATION)].map(([, name]) => name!);
}
