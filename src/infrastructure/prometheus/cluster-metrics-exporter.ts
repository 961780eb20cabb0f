import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';
import { MetricsExporter } from '../../application/operations/metrics-exporter.js';

const QUESTION = 'incidents:metrics?';
const ANSWER = 'incidents:metrics';

interface Message {
  readonly type: string;
  readonly number: number;
  readonly text?: string;
}

/**
 * The metrics of all workers, from any of them: a scrape reaches one worker by chance, which asks the primary, which
 * asks them all and adds up.
 */
export class ClusterMetricsExporter extends MetricsExporter {
  private readonly waiting = new Map<number, (message: Message) => void>();
  private asked = 0;

  constructor(private readonly registry: Registry) {
    super();
    AggregatorRegistry.setRegistries([registry]);
    // It answers the primary by being there.
    void new AggregatorRegistry();
    process.on('message', (message: Message) => {
      if (message.type === ANSWER) this.waiting.get(message.number)?.(message);
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  async text(): Promise<string> {
    const number = ++this.asked;
    try {
      const { text } = await new Promise<Message>((resolve) => {
        this.waiting.set(number, resolve);
        process.send!({ type: QUESTION, number });
      });
      // The primary could not ask them all: better this worker's share than nothing.
      return text ?? (await this.registry.metrics());
    } finally {
      this.waiting.delete(number);
    }
  }
}

/** The primary's part: lets it answer the workers' questions. */
export function answerMetricsRequests(): void {
  const registry = new AggregatorRegistry();
  cluster.on('message', (worker: Worker, message: Message) => {
    if (message.type !== QUESTION) return;
    const answer = (text?: string) => {
      if (worker.isConnected()) worker.send({ type: ANSWER, number: message.number, text });
    };
    registry.clusterMetrics().then(answer, () => answer());
  });
}
