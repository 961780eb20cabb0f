import { Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';
import {
  INTAKE_OUTCOMES,
  IntakeMetrics,
  type IntakeOutcome,
} from '../../application/intake/intake-metrics.js';
import { ChannelRegistry } from '../../application/intake/channel-registry.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import { type PreboundSeries, PreboundCounter } from './prebound-counter.js';

/** The intake counters as Prometheus exports them. */
@Injectable()
export class PrometheusIntakeMetrics extends IntakeMetrics {
  private readonly receipts = {} as Record<IncidentChannel, PreboundSeries>;
  private readonly truncations = {} as Record<IncidentChannel, PreboundSeries>;
  private readonly outcomes = {} as Record<IncidentChannel, Record<IntakeOutcome, PreboundSeries>>;

  constructor(registry: Registry, channels: ChannelRegistry) {
    super();
    const receipts = new PreboundCounter(
      registry,
      'intake_received_total',
      'Reports, changes, alerts and messages that this process received by a channel: the sum of their outcomes and those in flight.',
      ['channel'],
    );
    const outcomes = new PreboundCounter(
      registry,
      'intake_outcomes_total',
      'Outcomes of what this process received by a channel.',
      ['channel', 'outcome'],
    );
    const truncations = new PreboundCounter(
      registry,
      'intake_truncated_alerts_total',
      'Alerts that senders cut from their notifications by their own limit.',
      ['channel'],
    );
    for (const channel of channels.names) {
      this.truncations[channel] = truncations.series({ channel });
      this.receipts[channel] = receipts.series({ channel });
      this.outcomes[channel] = {} as Record<IntakeOutcome, PreboundSeries>;
      for (const outcome of INTAKE_OUTCOMES) {
        this.outcomes[channel][outcome] = outcomes.series({ channel, outcome });
      }
    }
  }

  received(channel: IncidentChannel): void {
    this.receipts[channel]!.count++;
  }

  truncated(channel: IncidentChannel, alerts: number): void {
    this.truncations[channel]!.count += alerts;
  }

  processed(channel: IncidentChannel, outcome: IntakeOutcome): void {
    this.outcomes[channel]![outcome].count++;
  }
}
