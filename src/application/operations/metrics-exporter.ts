/** The metrics of the service as Prometheus reads them: of all its processes on this machine. */
export abstract class MetricsExporter {
  abstract readonly contentType: string;
  abstract text(): Promise<string>;
}
