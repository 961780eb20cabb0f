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
import { readable, say } from './progress.ts';
import { ourRegister, peerRegister } from './registers.ts';
import { report } from './report.ts';
import { Results, type Side } from './results.ts';
import { readSettings, type Settings, SMALL, spelled } from './settings.ts';

const REPORT = new URL('results.md', import.meta.url);
const CHART = new URL('results.svg', import.meta.url);

/** Measures everything and resolves with the exit code. */
async function bench(settings: Settings): Promise<number> {
  say(`settings: ${spelled(settings)}`);
  const generator = findGenerator();
  say(`generator: ${generator.name}`);
  const results = new Results();
  const peers: Peer[] = [];
  for (const found of await findPeers()) {
    if (typeof found === 'string') leaveOut(results, found);
    else peers.push(found);
  }

  await using embedded = await Postgres.startEmbedded();
  await using stock = await Postgres.startStock();
  if (!stock) leaveOut(results, "a stock PostgreSQL: Debian's package postgresql is not installed");
  const machine = [...(await describeMachine(embedded)), ...(stock ? [await describeServer(stock)] : [])];
  for (const [what, is] of machine) say(`${what}: ${is}`);

  say(`filling ${readable(SMALL)} rows`);
  const small = await ourRegister(embedded, 'ours_small', SMALL);
  if (stock) await ourRegister(stock, small, SMALL);
  const peerServer = stock ?? embedded;
  const peerRegisters = new Map<Peer, string>();
  for (const peer of peers) peerRegisters.set(peer, await peerRegister(peerServer, peer, SMALL));
  say(`filling ${readable(settings.rows)} rows`);
  const large = await ourRegister(embedded, 'ours_large', settings.rows);

  const measurements = new Measurements(settings, generator, results);
  const settle = async () => {
    await embedded.settle();
    await stock?.settle();
  };
  const onACopy = async (postgres: Postgres, of: string) => {
    const copy = await postgres.create(`${of}_copy`, of);
    await settle();
    return copy;
  };

  for (let round = 1; round <= settings.rounds; round++) {
    say(`round ${round} of ${settings.rounds}`);
    {
      await using running = new AsyncDisposableStack();
      const sides: MeasuredSide[] = [];
      const start = async (side: Side, program: Program, ids = SMALL) => {
        const contender = running.use(await Contender.start(program, embedded.directory));
        sides.push({ side, contender, ids });
        return contender;
      };
      await start('ceiling', noDatabaseCeiling());
      const onSmall = await start('ours', ours(embedded.url(await onACopy(embedded, small))));
      if (stock) await start('ours, stock', ours(stock.url(await onACopy(stock, small))));
      for (const [peer, register] of peerRegisters)
        await start(peer.name, peer.program(peerServer, await onACopy(peerServer, register)));
      const onLarge = await start('ours, large', ours(embedded.url(large)), settings.rows);
      await measurements.operations(sides, settle);
      await settle();
      await measurements.bulk('ours', onSmall);
      await settle();
      await measurements.pages('ours, large', onLarge, settings.rows);
    }
    await measurements.kafka(embedded, await onACopy(embedded, small));
  }
  {
    const url = embedded.url(await onACopy(embedded, small));
    await using contender = await Contender.start(ours(url), embedded.directory);
    await measurements.halfLoad(contender);
  }

  const circumstances: [string, string][] = [
    ...machine,
    ['generator', `${generator.name}; at half load, the benchmark's own, by the clock`],
    ...peers.map(({ name, versions }): [string, string] => [
      `${name} reference`,
      `${versions}, on the ${peerServer.name} PostgreSQL`,
    ]),
    ['log', 'on, as in production, to /dev/null'],
  ];
  const text = await report(results, settings, circumstances);
  writeFileSync(REPORT, text);
  writeFileSync(CHART, chart(results, SMALL));
  process.stdout.write(`\n${text}\n`);
  say('written to bench/results.md and bench/results.svg');
  const unmet = goalsOf(results, settings.rows).filter(({ met }) => met === false);
  say(
    unmet.length === 0 ? 'no goal was missed' : `goals missed: ${unmet.map(({ name }) => name).join('; ')}`,
  );
  return settings.strict && unmet.length > 0 ? 1 : 0;
}

function leaveOut(results: Results, what: string): void {
  results.note(what);
  say(`left out, ${what}`);
}

try {
  process.exitCode = await bench(readSettings(process.env));
} catch (error) {
  process.stderr.write(
    `\nThe benchmark has measured nothing: ${interruption.aborted ? 'interrupted' : (error as Error).message}.\n`,
  );
  process.exitCode = interruption.aborted ? 130 : 1;
}
