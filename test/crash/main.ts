/* `make crash-test`: see HELP in settings.ts. */
import { formatNumber, logProgress } from '../../bench/progress.ts';
import { migrate, TestedApi } from './api.ts';
import { type Disturbance, runClients } from './clients.ts';
import { judge, runCommand } from './command.ts';
import { CrashingPostgres } from './postgres.ts';
import { Random } from './random.ts';
import { HELP, readSettings, type Settings } from './settings.ts';

const ACCESS_KEY = 'a-key-for-the-crash-test';
/** The longest time that PostgreSQL stays down. */
const MAX_DOWNTIME_MS = 1_500;

function plannedFaults(
  settings: Settings,
  apis: readonly TestedApi[],
  postgres: CrashingPostgres,
): Disturbance[] {
  const random = new Random(settings.seed);
  const someReport = () => 1 + random.below(Math.max(Math.floor(settings.creates * 0.95), 1));
  const kills = Array.from({ length: settings.kills }, () => {
    const api = apis[random.below(apis.length)]!;
    return { afterReports: someReport(), inject: () => api.kill() };
  });
  const restarts = Array.from({ length: settings.restarts }, () => {
    const downtimeMs = random.below(MAX_DOWNTIME_MS);
    return { afterReports: someReport(), inject: () => postgres.crash(downtimeMs) };
  });
  return [...kills, ...restarts];
}

async function crashTest(settings: Settings): Promise<number> {
  const { creates, clients, seed } = settings;
  logProgress(
    `seed ${seed}: ${formatNumber(creates)} reports by ${clients} clients, ${settings.kills} kills, ${settings.restarts} restarts`,
  );
  await using postgres = await CrashingPostgres.start(settings.unsafe);
  await migrate(postgres.url);
  if (settings.unsafe) await postgres.makeUnsafe();
  // Without durability, the run should lose reports, but not the tables.
  await postgres.checkpoint();
  await using first = await TestedApi.start(postgres.url, ACCESS_KEY);
  await using second = await TestedApi.start(postgres.url, ACCESS_KEY);
  const apis = [first, second];
  const run = await runClients({
    creates,
    clients,
    seed,
    urls: apis.map(({ url }) => url),
    accessKey: ACCESS_KEY,
    disturbances: plannedFaults(settings, apis, postgres),
  });
  return judge(run, postgres);
}

await runCommand(HELP, () => crashTest(readSettings(process.env)));
