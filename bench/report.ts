import { format, resolveConfig } from 'prettier';
import { comparedSide, goalsOf, megabytes } from './goals.ts';
import { NAMES, type Operation, OPERATIONS } from './load/requests.ts';
import { readable } from './progress.ts';
import type { Measured, Results, Side } from './results.ts';
import { type Settings, SMALL, spelled } from './settings.ts';

type Cells = readonly string[];

/** The report in Markdown, laid out so that it is readable as plain text too. */
export async function report(
  results: Results,
  settings: Settings,
  circumstances: readonly (readonly [string, string])[],
): Promise<string> {
  const text = textOf(results, settings, circumstances);
  return format(text, { ...(await resolveConfig(import.meta.filename)), parser: 'markdown' });
}

function textOf(
  results: Results,
  settings: Settings,
  circumstances: readonly (readonly [string, string])[],
): string {
  return `# Results of \`make bench\`

Written by the benchmark itself on ${new Date().toISOString().slice(0, 10)}. One run on one machine, which the load generator,
the services and PostgreSQL share: the ratios mean something elsewhere too, the rates only here.

![Requests a second](results.svg)

## Goals

${table(['', 'goal', 'reached', 'met'], goalRows(results, settings))}

## Requests a second

${settings.connections} connections; medians of the rounds (${settings.rounds}). A round measures each kind of request of all of them in turn, and a ratio is the
median of the rounds' ratios: a machine is not as fast at every moment.
_No-database ceiling_ is the service with ports that answer from memory: the upper bound of its speed. _Embedded_ and _stock_ are the service on the
embedded PostgreSQL and on Debian's with its default configuration; the references are the same api as teams usually write
it (FastAPI, SQLAlchemy, asyncpg) and as a good team writes it for speed (Go, net/http, pgx), on the stock PostgreSQL
where there is one. Each is one process, with ${readable(SMALL)} rows at the start of each round, or as many as its column says.

${table(
  ['', ...COLUMNS.map(([, name]) => name), `embedded, ${readable(settings.rows)} rows`],
  OPERATIONS.map((operation) => rateRow(results, operation)),
)}

${table(
  [`${comparedSide(results)} / …`, ...PEERS.map((peer) => `${peer} reference`)],
  OPERATIONS.map((operation) => ratioRow(results, operation)),
)}

${table(['more of ours', 'a second'], moreRows(results, settings))}

## Latency and memory

${halfLoadLine(results)}
${memoryLine(results)}
${results.notes.map((note) => `\nLeft out: ${note}.\n`).join('')}
## Each round

${table(['', ...rounds(settings)], roundRows(results))}

## Circumstances

${table(['', ''], [...circumstances, ['settings', `\`${spelled(settings)}\``]])}
`;
}

function goalRows(results: Results, { rows }: Settings): Cells[] {
  return goalsOf(results, rows).map(({ name, target, reached, met }) => [
    name,
    target,
    reached,
    met === undefined ? '–' : met ? 'yes' : '**no**',
  ]);
}

const COLUMNS = [
  ['ceiling', 'no-database ceiling'],
  ['ours', 'embedded'],
  ['ours, stock', 'stock'],
  ['FastAPI', 'FastAPI reference'],
  ['Go', 'Go reference'],
] as const satisfies readonly (readonly [Side, string])[];

const PEERS = ['FastAPI', 'Go'] as const;

function rateRow(results: Results, operation: Operation): Cells {
  return [
    NAMES[operation],
    ...COLUMNS.map(([side]) => number(results.rate(side, operation))),
    number(results.rate('ours, large', operation)),
  ];
}

function ratioRow(results: Results, operation: Operation): Cells {
  const ours = comparedSide(results);
  return [
    NAMES[operation],
    ...PEERS.map((peer) => {
      const ratio = results.ratio([ours, operation], [peer, operation]);
      return ratio === undefined ? '–' : ratio.toFixed(ratio < 10 ? 2 : 1);
    }),
  ];
}

function moreRows(results: Results, { rows }: Settings): Cells[] {
  return [
    [`first page of ${readable(rows)} rows`, number(results.rate('ours, large', 'first page'))],
    ['page by cursor, deep in them', number(results.rate('ours, large', 'deep page'))],
    ['bulk lines, in one request', number(results.rate('ours', 'bulk lines'))],
    ['Kafka messages, by one worker', number(results.rate('ours', 'Kafka messages'))],
  ];
}

function halfLoadLine({ halfLoad }: Results): string {
  if (!halfLoad) return '';
  const { rate, latencies } = halfLoad;
  return (
    `Create at ${readable(rate)} a second, half of the highest rate, sent by the clock: ` +
    `p50 ${latencies.p50.toFixed(1)} ms, p99 ${latencies.p99.toFixed(1)} ms.\n`
  );
}

function memoryLine(results: Results): string {
  const peaks = SIDES.flatMap((side) => {
    const found = megabytes(results.peakMemory(side));
    return found === undefined ? [] : `${side} ${readable(Math.round(found))} MB`;
  });
  return peaks.length > 0 ? `Most memory resident in the process at any time: ${peaks.join('; ')}.\n` : '';
}

const SIDES: readonly Side[] = [...COLUMNS.map(([side]) => side), 'ours, large'];
const ALL: readonly Measured[] = [...OPERATIONS, 'first page', 'deep page', 'bulk lines', 'Kafka messages'];

function roundRows(results: Results): Cells[] {
  return SIDES.flatMap((side) =>
    ALL.flatMap((measured) => {
      const rates = results.ratesOf(side, measured);
      return rates.length > 0 ? [[`${side}: ${measured}`, ...rates.map(number)]] : [];
    }),
  );
}

function rounds({ rounds }: Settings): string[] {
  return Array.from({ length: rounds }, (_, at) => `round ${at + 1}`);
}

function number(value: number | undefined): string {
  return value === undefined ? '–' : readable(Math.round(value));
}

function table(head: Cells, rows: readonly Cells[]): string {
  const line = (cells: Cells) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map(line).join('\n');
}
