import { interruption } from '../../bench/interruption.ts';
import { formatNumber, logProgress } from '../../bench/progress.ts';
import type { ClientRun } from './clients.ts';
import type { CrashingPostgres } from './postgres.ts';
import { compare } from './verdict.ts';

/** The exit codes of these tests. */
const EXIT_CODES = { noDifference: 0, differences: 1, failed: 2 } as const;

/** Compares what the clients have recorded with the database, and says what differs. Resolves with the exit code. */
export async function judge({ entries, isComplete }: ClientRun, postgres: CrashingPostgres): Promise<number> {
  const database = await postgres.connect();
  const { examples, ...differences } = await compare(entries, database);
  await database.end();
  for (const example of examples) logProgress(`  ${example}`);
  const counts = Object.entries(differences).map(([kind, count]) => `${count} ${kind}`);
  logProgress(
    `${formatNumber(entries.length)} requests acknowledged; ${counts.join(', ')}${isComplete ? '' : '; the run is incomplete'}`,
  );
  if (Object.values(differences).some((count) => count > 0)) return EXIT_CODES.differences;
  return isComplete ? EXIT_CODES.noDifference : EXIT_CODES.failed;
}

/** Runs a test as a command, or shows its help. */
export async function runCommand(help: string, test: () => Promise<number>): Promise<void> {
  if (process.argv.includes('--help')) return console.log(help);
  try {
    process.exitCode = await test();
  } catch (error) {
    // All processes have been stopped by now.
    logProgress(error instanceof Error && !interruption.aborted ? error.message : 'interrupted');
    process.exitCode = EXIT_CODES.failed;
  }
}
