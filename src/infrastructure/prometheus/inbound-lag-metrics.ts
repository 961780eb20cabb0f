import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { Config } from '../../config/config.js';
import { sleepUnlessAborted } from '../../shared/abort.js';
import { topicsOf } from '../kafka/client-options.js';
import { reasonOf } from '../postgres/connection/database-errors.js';

const INTERVAL_MS = 15_000;

/**
 * The lag of the consumer group on the inbound topic, as the brokers report it. The api processes export it too if
 * `KAFKA_BROKERS` is set: a dead worker exports nothing.
 */
@Injectable()
export class InboundLagMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(InboundLagMetrics.name);
  private readonly lag: Gauge<'topic'>;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    registry: Registry,
    private readonly config: Config,
  ) {
    this.lag = new Gauge({
      name: 'kafka_inbound_lag',
      help: 'Messages that no worker of the consumer group has committed; no series if KAFKA_BROKERS is not set or the brokers do not answer.',
      labelNames: ['topic'],
      registers: [registry],
      aggregator: 'max',
    });
  }

  onApplicationBootstrap(): void {
    if (this.config.KAFKA_BROKERS !== undefined) this.running = this.run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const topic = topicsOf(this.config).inbound;
    // Without brokers, no process loads the client: that would take a fifth of the time in which the api starts.
    const { InboundLag } = await import('../kafka/inbound-lag.js');
    const lag = new InboundLag(this.config);
    let failures = 0;
    do {
      try {
        this.lag.set({ topic }, await lag.read());
        failures = 0;
      } catch (error) {
        this.lag.reset();
        // A first failure is common: brokers that have just started have no coordinator yet.
        if (++failures === 2) this.logger.warn(`the lag of ${topic} is unknown: ${reasonOf(error)}`);
      }
    } while (await sleepUnlessAborted(INTERVAL_MS, signal));
    await lag.close();
  }
}
