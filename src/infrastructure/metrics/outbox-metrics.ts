import { Injectable, Logger } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { RegisterUnavailable } from '../../application/ports/register-unavailable.js';
import { EventOutbox, MAX_WAITING } from '../persistence/event-outbox.js';

/** What waits to be passed on, looked up when Prometheus asks. */
@Injectable()
export class OutboxMetrics {
  private readonly logger = new Logger(OutboxMetrics.name);

  constructor(registry: Registry, outbox: EventOutbox) {
    const registers = [registry];
    const age = new Gauge({
      name: 'event_outbox_oldest_age_seconds',
      help: `Age of the oldest event that waits to be passed on, of the first ${MAX_WAITING}; 0 without one.`,
      registers,
    });
    const logger = this.logger;
    new Gauge({
      name: 'event_outbox_size',
      help: `Events that wait to be passed on; counted up to ${MAX_WAITING}.`,
      registers,
      async collect() {
        try {
          const measured = await outbox.measure();
          this.set(measured.size);
          age.set(measured.age);
        } catch (error) {
          if (!(error instanceof RegisterUnavailable)) throw error;
          this.remove();
          age.remove();
          logger.warn(`a metric is left out: ${error.message}`);
        }
      },
    });
  }
}
