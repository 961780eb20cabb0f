import { NAMES, OPERATIONS } from './load/requests.ts';
import { formatNumber } from './progress.ts';
import type { Results } from './results.ts';
import { SMALL_ROWS, UPLOADS } from './settings.ts';

/** A performance goal and the measured value; `met` is undefined if it was not measured. */
export interface Goal {
  readonly name: string;
  readonly target: string;
  readonly reached: string;
  readonly met: boolean | undefined;
}

/** The goal for the rate of the service relative to each peer, for every operation. */
const PEER_GOALS = [
  ['Go', 1],
  ['FastAPI', 13],
] as const;

/** The side of the service that uses the same PostgreSQL server as the peers. */
export function comparedSide(results: Results): 'ours' | 'ours, stock' {
  return results.rate('ours, stock', 'create') === undefined ? 'ours' : 'ours, stock';
}

/** All goals of the service, with the values that this run measured. */
export function goalsOf(results: Results, rows: number): Goal[] {
  const { halfLoad } = results;
  const compared = comparedSide(results);
  return [
    atLeast(
      0.9,
      'create: ours / no-database ceiling',
      results.ratio(['ours', 'create'], ['ceiling', 'create']),
    ),
    atLeast(
      0.75,
      'get by id: ours / no-database ceiling',
      results.ratio(['ours', 'get'], ['ceiling', 'get']),
    ),
    ...PEER_GOALS.flatMap(([peer, target]) =>
      OPERATIONS.map((operation) =>
        atLeast(
          target,
          `${NAMES[operation]}: ${compared} / ${peer} reference`,
          results.ratio([compared, operation], [peer, operation]),
        ),
      ),
    ),
    ...OPERATIONS.map((operation) =>
      atLeast(
        0.85,
        `${NAMES[operation]}: at ${formatNumber(rows)} rows / at ${formatNumber(SMALL_ROWS)} rows`,
        results.ratio(['ours, large', operation], ['ours', operation]),
      ),
    ),
    atLeast(
      0.9,
      `page by cursor deep in ${formatNumber(rows)} rows / first page`,
      results.ratio(['ours, large', 'deep page'], ['ours, large', 'first page']),
    ),
    atLeast(
      3,
      'bulk lines / single creates, per second',
      results.ratio(['ours', 'bulk lines'], ['ours', 'create']),
    ),
    atLeast(10_000, 'Kafka messages, by one worker, per second', results.rate('ours', 'Kafka messages')),
    atLeast(10_000, 'due timers, by two processes, per second', results.rate('ours', 'due timers')),
    atMost(15, 'ms', 'p99 of create at half of its highest rate', halfLoad?.latencies.p99),
    atMost(220, 'MB', 'resident memory of the api under load', megabytes(peak(results))),
    atMost(
      200,
      'MB',
      `memory that ${UPLOADS.count} concurrent uploads of ${UPLOADS.bytes / 1e6} MB add`,
      megabytes(results.ofUploads()),
    ),
    atMost(
      60_000,
      'bytes',
      'start of the console',
      results.ofConsole(({ startBytes }) => startBytes),
    ),
    atMost(
      1_000,
      'ms',
      'p50 from a report to its row in the console',
      results.ofConsole(({ reportMs }) => reportMs.p50),
    ),
    atMost(
      50,
      'ms',
      'longest task of the console',
      results.ofConsole(({ longestTaskMs }) => Math.max(...Object.values(longestTaskMs))),
    ),
  ];
}

/** The peak memory of the api over all its runs, in bytes. */
function peak(results: Results): number | undefined {
  const peaks = (['ours', 'ours, large'] as const).flatMap((side) => results.peakMemory(side) ?? []);
  return peaks.length > 0 ? Math.max(...peaks) : undefined;
}

export function megabytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 2 ** 20;
}

function atLeast(target: number, name: string, ratio: number | undefined): Goal {
  return { name, target: `≥ ${target}`, ...against(ratio, '', (value) => value >= target) };
}

function atMost(target: number, unit: string, name: string, value: number | undefined): Goal {
  return { name, target: `≤ ${target} ${unit}`, ...against(value, ` ${unit}`, (found) => found <= target) };
}

function against(value: number | undefined, unit: string, isMet: (value: number) => boolean) {
  if (value === undefined) return { reached: 'not measured', met: undefined };
  return { reached: `${value.toFixed(value < 10 ? 2 : 1)}${unit}`, met: isMet(value) };
}
