/* `make upgrade-test`: see HELP. */
import { formatNumber, logProgress } from '../../bench/progress.ts';
import { CURRENT, migrate, TestedApi } from '../crash/api.ts';
import { runClients } from '../crash/clients.ts';
import { judge, runCommand } from '../crash/command.ts';
import { CrashingPostgres } from '../crash/postgres.ts';
import { integer } from '../crash/settings.ts';
import { previousRelease } from './previous-release.ts';

const HELP = `Reports and changes incidents while two api processes are upgraded from the previous release to this one, one after the other,
and back, and compares the acknowledged requests with the database. Exits with 1 if anything is lost, duplicated or altered, and with 2 if
the test itself fails.

  CREATES=1000   incidents to report      PREVIOUS=v1.2.0   the release to upgrade from: any commit
  CLIENTS=4      client processes         SEED=1234         repeats the requests of a run`;

const ACCESS_KEY = 'a-key-for-the-upgrade-test';

async function upgradeTest(environment: NodeJS.ProcessEnv): Promise<number> {
  const creates = integer(environment, 'CREATES', 1_000);
  const clients = Math.max(integer(environment, 'CLIENTS', 4), 1);
  const seed = integer(environment, 'SEED', Math.floor(Math.random() * 1e9));
  const previous = previousRelease(environment['PREVIOUS']);
  await using postgres = await CrashingPostgres.start(false);
  await migrate(postgres.url, previous);
  await using first = await TestedApi.start(postgres.url, ACCESS_KEY, previous);
  await using second = await TestedApi.start(postgres.url, ACCESS_KEY, previous);
  await Promise.all([first.ready(), second.ready()]);

  const steps: readonly (readonly [string, () => Promise<void>])[] = [
    ['migrate the schema', () => migrate(postgres.url)],
    ['upgrade the first process', () => first.replaceBy(CURRENT)],
    ['upgrade the second process', () => second.replaceBy(CURRENT)],
    ['return to the previous release: the first process', () => first.replaceBy(previous)],
    ['return to the previous release: the second process', () => second.replaceBy(previous)],
  ];
  logProgress(`seed ${seed}: ${formatNumber(creates)} reports by ${clients} clients`);
  const run = await runClients({
    creates,
    clients,
    seed,
    urls: [first.url, second.url],
    accessKey: ACCESS_KEY,
    disturbances: steps.map(([name, step], i) => ({
      afterReports: Math.ceil((creates * (i + 1)) / (steps.length + 1)),
      inject: () => {
        logProgress(name);
        return step();
      },
    })),
  });
  return judge(run, postgres);
}

await runCommand(HELP, () => upgradeTest(process.env));
