import { Logger } from '@nestjs/common';
import { Gauge, type Registry } from 'prom-client';
import { StoreUnavailable } from '../../application/operations/store-unavailable.js';

const logger = new Logger('Metrics');

interface GaugeDeclaration {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

/**
 * Registers gauges whose values come from the database, measured once at each scrape. While the database is unavailable they have
 * no values, with a warning, and a scrape still gets the metrics of the process.
 * @param measure sets the values; all of them are cleared before.
 */
export function registerStoreGauges<Key extends string>(
  registry: Registry,
  declarations: Readonly<Record<Key, GaugeDeclaration>>,
  measure: (gauges: Readonly<Record<Key, Gauge>>) => Promise<void>,
): void {
  const gauges = {} as Record<Key, Gauge>;
  let measuring: Promise<void> | undefined;
  // A scrape collects all gauges at the same time: one measurement serves them.
  const collect = () => (measuring ??= remeasure().finally(() => (measuring = undefined)));
  for (const key of Object.keys(declarations) as Key[]) {
    const { name, help, labelNames = [] } = declarations[key];
    // Every process reads the same from the database.
    gauges[key] = new Gauge({ name, help, labelNames, aggregator: 'max', registers: [registry], collect });
  }

  const clear = () => {
    for (const key of Object.keys(gauges) as Key[]) {
      // `reset` would set a gauge without labels to 0.
      if (declarations[key].labelNames) gauges[key].reset();
      else gauges[key].remove();
    }
  };
  const remeasure = async () => {
    clear();
    try {
      await measure(gauges);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      clear();
      logger.warn(`metric skipped: ${error.message}`);
    }
  };
}
