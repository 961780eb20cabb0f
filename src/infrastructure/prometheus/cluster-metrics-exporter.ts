import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';
import { ProcessMetricsExporter } from './process-metrics-exporter.js';

const REQUEST_TYPE = 'incidents:metrics-request';
const RESPONSE_TYPE = 'incidents:metrics-response';

interface Message {
  readonly type: string;
  readonly number: number;
  readonly text?: string;
}

/**
 * The metrics of all api processes, from any of them: a scrape reaches one by chance, which requests them from the primary,
 * which collects them from all and adds up.
 */
export class ClusterMetricsExporter extends ProcessMetricsExporter {
  private readonly pending = new Map<number, (response: Message) => void>();
  private lastNumber = 0;

  constructor(registry: Registry) {
    super(registry);
    AggregatorRegistry.setRegistries([registry]);
    // It answers the primary: its constructor adds the listener.
    void new AggregatorRegistry();
    process.on('message', (message: Message) => {
      if (message.type === RESPONSE_TYPE) this.pending.get(message.number)?.(message);
    });
  }

  override async text(): Promise<string> {
    const number = ++this.lastNumber;
    try {
      const { text } = await new Promise<Message>((resolve) => {
        this.pending.set(number, resolve);
        process.send!({ type: REQUEST_TYPE, number });
      });
      // The primary could not reach them all: this process's share is better than nothing.
      return text ?? (await super.text());
    } finally {
      this.pending.delete(number);
    }
  }
}

/** Answers the requests of api processes; runs in the primary. */
export function answerMetricsRequests(): void {
  const registry = new AggregatorRegistry();
  cluster.on('message', (worker: Worker, message: Message) => {
    if (message.type !== REQUEST_TYPE) return;
    const respond = (text?: string) => {
      if (worker.isConnected()) worker.send({ type: RESPONSE_TYPE, number: message.number, text });
    };
    registry.clusterMetrics().then(respond, () => respond());
  });
}
