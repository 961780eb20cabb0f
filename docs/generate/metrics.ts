import type { Registry } from 'prom-client';
import { code, table } from './markdown.ts';
import { registries } from './registries.ts';

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}

/** The metrics of all processes, each with the processes that export it; those of Node.js itself are two rows. */
export async function metricsTable(): Promise<string> {
  const metrics = new Map<string, { metric: Metric; processes: string[] }>();
  for (const [process, registry] of Object.entries(await registries())) {
    for (const metric of metricsOf(registry)) {
      const row = metrics.get(metric.name) ?? { metric, processes: [] };
      row.processes.push(process);
      metrics.set(metric.name, row);
    }
  }
  const rows = [...metrics.values()]
    .toSorted((left, right) => left.metric.name.localeCompare(right.metric.name))
    .map(({ metric: { name, type, labelNames, help }, processes }) => [
      code(name),
      type,
      labelNames.map(code).join(', '),
      processes.join(', '),
      help.replaceAll(/\s*\n\s*/g, ' '),
    ]);
  const ofProcess = [
    '`process_…`',
    '',
    '',
    'all',
    'Memory, CPU, file descriptors and start time of the process.',
  ];
  const ofNode = [
    '`nodejs_…`',
    '',
    '',
    'all',
    'Event loop lag, heap, garbage collection and handles of Node.js.',
  ];
  return table(['metric', 'type', 'labels', 'process', 'meaning'], [...rows, ofProcess, ofNode]);
}

/** prom-client does not publish the type of what it returns here. */
const metricsOf = (registry: Registry) =>
  (registry.getMetricsAsArray() as unknown as readonly Metric[]).filter(
    ({ name }) => !/^(process|nodejs)_/.test(name),
  );
