import { Injectable } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import {
  INTAKE_OUTCOMES,
  IntakeMetrics,
  type IntakeOutcome,
} from '../../application/ports/intake-metrics.js';
import { INCIDENT_CHANNELS, type IncidentChannel } from '../../domain/incident/incident-channel.js';

/** The accounts of intake, as Prometheus sees them. */
@Injectable()
export class RegistryIntakeMetrics extends IntakeMetrics {
  private readonly receipts: Counter<'channel'>;
  private readonly outcomes: Counter<'channel' | 'outcome'>;

  constructor(registry: Registry) {
    super();
    this.receipts = new Counter({
      name: 'intake_received_total',
      help: 'What came by a channel to this process: the sum of its outcomes, but for what is being done.',
      labelNames: ['channel'],
      registers: [registry],
    });
    this.outcomes = new Counter({
      name: 'intake_outcomes_total',
      help: 'What has become of it.',
      labelNames: ['channel', 'outcome'],
      registers: [registry],
    });
    for (const channel of INCIDENT_CHANNELS) {
      this.receipts.inc({ channel }, 0);
      for (const outcome of INTAKE_OUTCOMES) this.outcomes.inc({ channel, outcome }, 0);
    }
  }

  received(channel: IncidentChannel): void {
    this.receipts.inc({ channel });
  }

  settled(channel: IncidentChannel, outcome: IntakeOutcome): void {
    this.outcomes.inc({ channel, outcome });
  }
}
