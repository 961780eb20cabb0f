import { Injectable } from '@nestjs/common';
import { type ChannelIntake, ChannelIntakes } from '../../application/quarantine/retry-handlers.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import { AlertmanagerIntake } from './alertmanager/alertmanager-intake.js';
import { KeptMessageIntake } from './kafka/quarantined-report-retry.js';

/** The channels that can be tried again with what is in the quarantine. */
@Injectable()
export class PresentationChannelIntakes extends ChannelIntakes {
  private readonly intakes: Partial<Record<IncidentChannel, ChannelIntake>>;

  constructor(alertmanager: AlertmanagerIntake, kafka: KeptMessageIntake) {
    super();
    // What the bot has put on Kafka comes by the channel that it names.
    this.intakes = { alertmanager, kafka, telegram: kafka };
  }

  of(channel: IncidentChannel): ChannelIntake | undefined {
    return this.intakes[channel];
  }
}
