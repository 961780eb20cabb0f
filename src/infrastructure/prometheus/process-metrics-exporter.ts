import { Registry } from 'prom-client';
import { MetricsExporter } from '../../application/operations/metrics-exporter.js';

/** The metrics of a process outside a cluster. */
export class ProcessMetricsExporter extends MetricsExporter {
  constructor(protected readonly registry: Registry) {
    super();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
