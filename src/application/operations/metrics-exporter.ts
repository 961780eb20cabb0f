/** The metrics of all processes of the service on this machine, in the text format of Prometheus. */
export abstract class MetricsExporter {
  abstract readonly contentType: string;
  abstract text(): Promise<string>;
}
