import { writeFileSync } from 'node:fs';
import { chart } from './chart.ts';
import { Contender, type Program } from './contender.ts';
import { goalsOf } from './goals.ts';
import { interruption } from './interruption.ts';
import { findGenerator } from './load/generator.ts';
import { describeMachine } from './machine.ts';
import { type MeasuredSide, Measurements } from './measurements.ts';
import { findPeer } from './peer.ts';
import { Postgres } from './postgres.ts';
import { floor, ours, usual } from './programs.ts';
import { readable, say } from './progress.ts';
import { ourRegister, usualRegister, usualUrl } from './registers.ts';
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
  const peer = await findPeer();
  if (typeof peer === 'string') {
    results.note(`the usual: ${peer}`);
    say(`left out, the usual: ${peer}`);
  }

  await using postgres = await Postgres.start();
  const { directory } = postgres;
  const machine = await describeMachine(postgres);
  for (const [what, is] of machine) say(`${what}: ${is}`);

  say(`filling ${readable(SMALL)} rows`);
  const small = await ourRegister(postgres, 'ours_small', SMALL);
  const usualSmall =
    typeof peer === 'string' ? undefined : await usualRegister(postgres, peer, 'usual_small', SMALL);
  say(`filling ${readable(settings.rows)} rows`);
  const large = await ourRegister(postgres, 'ours_large', settings.rows);

  const measurements = new Measurements(settings, generator, results);
  const onACopy = async (of: string) => {
    const copy = await postgres.create(`${of}_copy`, of);
    await postgres.settle();
    return copy;
  };

  for (let round = 1; round <= settings.rounds; round++) {
    say(`round ${round} of ${settings.rounds}`);
    {
      await using running = new AsyncDisposableStack();
      const sides: MeasuredSide[] = [];
      const start = async (side: Side, program: Program, ids: number) => {
        const contender = running.use(await Contender.start(program, directory));
        sides.push({ side, contender, ids });
        return contender;
      };
      await start('floor', floor(), SMALL);
      const onSmall = await start('ours', ours(postgres.url(await onACopy(small))), SMALL);
      if (typeof peer !== 'string')
        await start('usual', usual(peer, usualUrl(postgres, await onACopy(usualSmall!))), SMALL);
      const onLarge = await start('ours, large', ours(postgres.url(large)), settings.rows);
      await measurements.operations(sides, postgres);
      await postgres.settle();
      await measurements.bulk('ours', onSmall);
      await postgres.settle();
      await measurements.pages('ours, large', onLarge, settings.rows);
    }
    await measurements.kafka(postgres, await onACopy(small));
  }
  {
    const url = postgres.url(await onACopy(small));
    await using contender = await Contender.start(ours(url), directory);
    await measurements.halfLoad(contender);
  }

  const circumstances: [string, string][] = [
    ...machine,
    ['generator', `${generator.name}; at half load, the benchmark's own, by the clock`],
    ['usual', typeof peer === 'string' ? 'left out' : peer.versions],
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

try {
  process.exitCode = await bench(readSettings(process.env));
} catch (error) {
  process.stderr.write(
    `\nThe benchmark has measured nothing: ${interruption.aborted ? 'interrupted' : (error as Error).message}.\n`,
  );
  process.exitCode = interruption.aborted ? 130 : 1;
}
