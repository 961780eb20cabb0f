import { Injectable, Logger } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { RegisterUnavailable } from '../../application/ports/register-unavailable.js';
import { EventOutbox, MAX_WAITING } from '../persistence/event-outbox.js';

/** What waits to be passed on, looked up when Prometheus asks. */
@Injectable()
export class OutboxMetrics {
  private readonly logger = new Logger(OutboxMetrics.name);

  private readonly size: Gauge;
  private readonly age: Gauge;
  private measuring: Promise<void> | undefined;

  constructor(
    registry: Registry,
    private readonly outbox: EventOutbox,
  ) {
    const registers = [registry];
    // Both gauges are asked at the same time, and are answered by one look.
    const measure = () => (this.measuring ??= this.measure().finally(() => (this.measuring = undefined)));
    this.size = new Gauge({
      name: 'event_outbox_size',
      help: `Events that wait to be passed on; counted up to ${MAX_WAITING}.`,
      registers,
      collect: measure,
    });
    this.age = new Gauge({
      name: 'event_outbox_oldest_age_seconds',
      help: `Age of the oldest event that waits to be passed on, of the first ${MAX_WAITING}; 0 without one.`,
      registers,
      collect: measure,
    });
  }

  private async measure(): Promise<void> {
    try {
      const { size, age } = await this.outbox.measure();
      this.size.set(size);
      this.age.set(age);
    } catch (error) {
      if (!(error instanceof RegisterUnavailable)) throw error;
      this.size.remove();
      this.age.remove();
      this.logger.warn(`a metric is left out: ${error.message}`);
    }
  }
}
