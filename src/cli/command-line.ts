import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { INCIDENT_SOURCES, type IncidentSource } from '../domain/incident/incident-source.js';
import { INCIDENT_STATUSES, type IncidentStatus } from '../domain/incident/incident-status.js';
import { IMPORT_FORMATS, type ImportFormat } from '../presentation/imports/source.js';
import type { ProcessContext } from '../processes/bootstrap.js';
import { addKeysCommand } from './keys.js';

/**
 * Runs one command. A command that fails writes the reason to standard error.
 * @returns the exit code: 0, or 1 for a command line that is wrong. A command that runs ends the process itself.
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // It has written its message itself.
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
}

function createProgram(): Command {
  const program: Command = new Command('node dist/src/main.cli.js')
    .description('The database is that of DATABASE_URL, or the embedded one in DATA_DIR.')
    .exitOverride()
    .showHelpAfterError()
    .allowExcessArguments()
    .action(() => program.outputHelp())
    .hook('preAction', (_, command) => rejectExcessArguments(command));
  addKeysCommand(program, run);
  program
    .command('migrate')
    .description("update the database's schema")
    .action(() => run(async (context) => (await import('./migrate.js')).migrate(context)));
  program
    .command('backup')
    .description('write all data into a file, while the service runs')
    .argument('[file]', 'where to write; incidents-<now>.dump by default')
    .action((file?: string) => run(async (context) => (await import('./backup.js')).backup(context, file)));
  program
    .command('restore')
    .description('replace all data with a backup, while no service runs')
    .argument('<file>', 'the backup')
    .option('--replace', 'overwrite a database that has incidents')
    .addHelpText('after', '\nWith make: make restore FILE=incidents.dump (REPLACE=1 overwrites)')
    .action((file: string, { replace = false }: { replace?: boolean }) =>
      run(async (context) => (await import('./restore.js')).restore(context, file, replace)),
    );
  program
    .command('import')
    .description('import incidents from a file, each row once, while the service runs or not')
    .argument('<file>', 'the file, or the folder of an export of Telegram Desktop')
    .addOption(
      new Option('--format <format>', 'what the file is').choices(IMPORT_FORMATS).makeOptionMandatory(),
    )
    .option('--columns <list>', 'the columns of fields, such as description=Text,reported_at=Date')
    .addOption(
      new Option('--source <source>', 'the source of rows without one')
        .choices(INCIDENT_SOURCES)
        .default('operator'),
    )
    .addOption(
      new Option('--status <status>', 'the status of rows without one')
        .choices(INCIDENT_STATUSES)
        .default('NEW'),
    )
    .option('--actor <name>', 'the author of rows without one', 'import')
    .option('--time-zone <zone>', 'the zone of times without an offset, such as Europe/Moscow', 'UTC')
    .option('--dry-run', 'only show how columns are read and which rows would be rejected')
    .addHelpText(
      'after',
      '\nWith make: make import FILE=incidents.csv FORMAT=csv (DRY_RUN=1 imports nothing)',
    )
    .action((file: string, options: ImportArguments) =>
      run(async (context) =>
        (await import('./import.js')).importFile(context, file, await importOptionsOf(options)),
      ),
    );
  program
    .command('demo')
    .description('fill an empty register with a plausible week, while the service runs')
    .option('--seed <number>', 'another number, another week', parseSeed, 1)
    .addHelpText('after', '\nWith make: make demo (SEED=2 makes another week)')
    .action(({ seed }: { seed: number }) =>
      run(async (context) => (await import('./demo.js')).createDemo(context, seed)),
    );
  program
    .command('openapi')
    .description('write the contract, docs/openapi.json')
    .action(() => run(async (context) => (await import('./openapi.js')).writeOpenApi(context)));
  return program;
}

/** The options of `import`, as commander has checked them. */
interface ImportArguments {
  readonly format: ImportFormat;
  readonly columns?: string;
  readonly source: IncidentSource;
  readonly status: IncidentStatus;
  readonly actor: string;
  readonly timeZone: string;
  readonly dryRun?: boolean;
}

/** @throws StartupError if an option is wrong. */
async function importOptionsOf({
  format,
  columns,
  source,
  status,
  actor,
  timeZone,
  dryRun = false,
}: ImportArguments) {
  const [{ COLUMNS_RULE, parseColumns }, { isTimeZone }, { StartupError }] = await Promise.all([
    import('../presentation/imports/column-mapping.js'),
    import('../shared/time/daily-time.js'),
    import('../shared/startup-error.js'),
  ]);
  const parsed = columns === undefined ? new Map() : parseColumns(columns);
  if (!parsed) throw new StartupError(`COLUMNS ${COLUMNS_RULE}.`);
  if (!isTimeZone(timeZone))
    throw new StartupError('TIME_ZONE must be an IANA time zone, such as Europe/Moscow.');
  return { format, columns: parsed, defaults: { source, status, actor }, timeZone, isDryRun: dryRun };
}

/**
 * Runs a command as a process. Each command is loaded only when it runs, with what it needs: usage and errors of the command line
 * are written immediately.
 */
async function run(command: (context: ProcessContext) => Promise<void>): Promise<void> {
  const [{ CliConfig }, { bootstrap }] = await Promise.all([
    import('../config/config.js'),
    import('../processes/bootstrap.js'),
  ]);
  await bootstrap(CliConfig, command);
}

function rejectExcessArguments(command: Command): void {
  const excess = command.args[command.registeredArguments.length];
  if (excess === undefined) return;
  const what = command.commands.length > 0 ? 'command' : 'argument';
  command.error(`error: ${what === 'command' ? 'unknown' : 'unexpected'} ${what} ${excess}`);
}

function parseSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a number of up to 9 digits.');
  return Number(text);
}
