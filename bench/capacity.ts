import { NAMES, OPERATIONS } from './load/requests.ts';
import { comparedSide } from './goals.ts';
import { formatNumber } from './progress.ts';
import type { Results } from './results.ts';
import { table } from './table.ts';

/** The share of the cores that is in use: with more, latencies grow. */
const UTILISATION = 0.6;
const CORES = [1, 2, 8, 32] as const;

/**
 * What requests cost, and how many of them so many cores carry, as a section of the report; nothing where CPU time is not measured.
 *
 * The model: the cores are shared by api processes, one for each core that they need, and one PostgreSQL; both are in use for
 * `UTILISATION` of the time, and the CPU time of a request is that of the benchmark. With more load, batches grow and a request costs less,
 * so this is cautious; locks, the disk and the network are not in it.
 */
export function capacityOf(results: Results): string {
  const side = comparedSide(results);
  const rows = OPERATIONS.flatMap((operation) => {
    const cpu = results.cpuTime(side, operation);
    if (!cpu) return [];
    const { program, database } = cpu;
    const perCore = (1e6 * UTILISATION) / (program + database);
    return [
      [
        NAMES[operation],
        program.toFixed(0),
        database.toFixed(0),
        ...CORES.map((cores) => formatNumber(Math.round((cores * perCore) / 100) * 100)),
      ],
    ];
  });
  if (rows.length === 0) return '';
  return `## Capacity

What a response costs in CPU time, in microseconds, and how many responses a second that is on so many cores of this kind, with the api and PostgreSQL in use for ${UTILISATION * 100} %
of the time. The first columns are measured, the others are a model: api processes and PostgreSQL share the cores, without load generator.

${table(['', 'api', 'PostgreSQL', ...CORES.map((cores) => `${cores} ${cores === 1 ? 'core' : 'cores'}`)], rows)}
`;
}
