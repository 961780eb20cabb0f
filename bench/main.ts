import { writeFileSync } from 'node:fs';
import { chart } from './chart.ts';
import { Contender, type Program } from './contender.ts';
import { goalsOf } from './goals.ts';
import { interruption } from './interruption.ts';
import { findGenerator } from './load/generator.ts';
import { describeMachine, describeServer } from './machine.ts';
import { type MeasuredSide, Measurements } from './measurements.ts';
import { findPeers, type Peer } from './peer.ts';
import { Postgres } from './postgres.ts';
import { noDatabaseCeiling, ours } from './programs.ts';
import { formatNumber, logProgress } from './progress.ts';
import { createOurDatabase, createPeerDatabase, createUntakenDatabase } from './databases.ts';
import { report } from './report.ts';
import { Results, type Side } from './results.ts';
import { readSettings, type Settings, SMALL_ROWS, settingsLine } from './settings.ts';

const REPORT = new URL('results.md', import.meta.url);
const CHART = new URL('results.svg', import.meta.url);

/** Measures everything and resolves with the exit code. */
async function bench(settings: Settings): Promise<number> {
  logProgress(`settings: ${settingsLine(settings)}`);
  const generator = findGenerator();
  logProgress(`generator: ${generator.name}`);
  const results = new Results();
  const peers: Peer[] = [];
  for (const found of await findPeers()) {
    if (typeof found === 'string') skip(results, found);
    else peers.push(found);
  }

  await using embedded = await Postgres.startEmbedded();
  await using stock = await Postgres.startStock();
  if (!stock) skip(results, "a stock PostgreSQL: Debian's package postgresql is not installed");
  const machine = [...(await describeMachine(embedded)), ...(stock ? [await describeServer(stock)] : [])];
  for (const [name, value] of machine) logProgress(`${name}: ${value}`);

  logProgress(`filling ${formatNumber(SMALL_ROWS)} rows`);
  const small = await createOurDatabase(embedded, 'ours_small', SMALL_ROWS);
  if (stock) await createOurDatabase(stock, small, SMALL_ROWS);
  const peerServer = stock ?? embedded;
  const peerDatabases = new Map<Peer, string>();
  for (const peer of peers) peerDatabases.set(peer, await createPeerDatabase(peerServer, peer, SMALL_ROWS));
  logProgress(`filling ${formatNumber(settings.rows)} rows`);
  const large = await createOurDatabase(embedded, 'ours_large', settings.rows);

  const untaken = await createUntakenDatabase(embedded, 'ours_untaken', settings.dueTimers);
  const listed = await createUntakenDatabase(embedded, 'ours_listed', SMALL_ROWS);

  const measurements = new Measurements(settings, generator, results);
  const checkpoint = async () => {
    await embedded.checkpoint();
    await stock?.checkpoint();
  };
  const copyOf = async (postgres: Postgres, database: string) => {
    const copy = await postgres.create(`${database}_copy`, database);
    await checkpoint();
    return copy;
  };

  for (let round = 1; round <= settings.rounds; round++) {
    logProgress(`round ${round} of ${settings.rounds}`);
    {
      await using running = new AsyncDisposableStack();
      const sides: MeasuredSide[] = [];
      const start = async (
        side: Side,
        program: Program,
        { ids = SMALL_ROWS, on }: { ids?: number; on?: Postgres } = {},
      ) => {
        const contender = running.use(await Contender.start(program, embedded.directory));
        sides.push({ side, contender, ids, postgres: on });
        return contender;
      };
      await start('ceiling', noDatabaseCeiling());
      const onSmall = await start('ours', ours(embedded.url(await copyOf(embedded, small))), {
        on: embedded,
      });
      if (stock) await start('ours, stock', ours(stock.url(await copyOf(stock, small))), { on: stock });
      for (const [peer, database] of peerDatabases)
        await start(peer.name, peer.program(peerServer, await copyOf(peerServer, database)), {
          on: peerServer,
        });
      const onLarge = await start('ours, large', ours(embedded.url(large)), {
        ids: settings.rows,
        on: embedded,
      });
      await measurements.operations(sides, checkpoint);
      await checkpoint();
      await measurements.bulk('ours', onSmall);
      await checkpoint();
      await measurements.pages('ours, large', onLarge, settings.rows);
    }
    {
      const url = embedded.url(await copyOf(embedded, small));
      await using contender = await Contender.start(ours(url), embedded.directory);
      await measurements.intakes(contender);
      await measurements.uploads(contender);
    }
    await measurements.kafka(embedded, await copyOf(embedded, small));
    await measurements.timers(embedded, await copyOf(embedded, untaken));
    {
      const url = embedded.url(await copyOf(embedded, listed));
      await using contender = await Contender.start(ours(url), embedded.directory);
      await measurements.console(contender);
    }
  }
  {
    const url = embedded.url(await copyOf(embedded, small));
    await using contender = await Contender.start(ours(url), embedded.directory);
    await measurements.halfLoad(contender);
  }

  const circumstances: [string, string][] = [
    ...machine,
    ['generator', `${generator.name}; at half load, the benchmark's own generator with a constant rate`],
    ...peers.map(({ name, versions }): [string, string] => [
      `${name} reference`,
      `${versions}, on the ${peerServer.name} PostgreSQL`,
    ]),
    ['log', 'on, as in production, to /dev/null'],
  ];
  const text = await report(results, settings, circumstances);
  writeFileSync(REPORT, text);
  writeFileSync(CHART, chart(results, SMALL_ROWS));
  process.stdout.write(`\n${text}\n`);
  logProgress('written to bench/results.md and bench/results.svg');
  const unmet = goalsOf(results, settings.rows).filter(({ met }) => met === false);
  logProgress(
    unmet.length === 0
      ? 'all measured goals are met'
      : `goals missed: ${unmet.map(({ name }) => name).join('; ')}`,
  );
  return settings.strict && unmet.length > 0 ? 1 : 0;
}

function skip(results: Results, reason: string): void {
  results.note(reason);
  logProgress(`skipped: ${reason}`);
}

try {
  process.exitCode = await bench(readSettings(process.env));
} catch (error) {
  process.stderr.write(
    `\nThe benchmark failed and wrote no results: ${interruption.aborted ? 'interrupted' : (error as Error).message}.\n`,
  );
  process.exitCode = interruption.aborted ? 130 : 1;
}
