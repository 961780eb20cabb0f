import { Injectable } from '@nestjs/common';
import { type RetryHandler, RetryHandlers } from '../../application/quarantine/retry-handlers.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import { AlertmanagerIntake } from './alertmanager/alertmanager-intake.js';
import { QuarantinedReportRetry } from './kafka/quarantined-report-retry.js';

/** The channels that can be tried again with what is in the quarantine. */
@Injectable()
export class ChannelRetryHandlers extends RetryHandlers {
  private readonly intakes: Partial<Record<IncidentChannel, RetryHandler>>;

  constructor(alertmanager: AlertmanagerIntake, kafka: QuarantinedReportRetry) {
    super();
    // What the bot has put on Kafka comes by the channel that it names.
    this.intakes = { alertmanager, kafka, telegram: kafka };
  }

  of(channel: IncidentChannel): RetryHandler | undefined {
    return this.intakes[channel];
  }
}
