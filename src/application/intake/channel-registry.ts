import { CHANNEL_NAME, type IncidentChannel } from '../../domain/incident/incident-channel.js';

/** A channel, as far as the layers below the presentation need it. */
export interface ChannelDeclaration {
  readonly name: IncidentChannel;
  /** Whether clients receive the reports of this channel, and relay them by REST or Kafka under its name. */
  readonly isRelayed?: boolean;
}

/** The registered channels of the process. Metrics, filters, quotas and the API contract derive from it. */
export class ChannelRegistry {
  readonly names: readonly IncidentChannel[];
  /** The channels that a client may name for the reports that it relays. */
  readonly relayed: readonly IncidentChannel[];

  /** @throws Error if a name is invalid or registered twice. */
  constructor(channels: readonly ChannelDeclaration[]) {
    this.names = channels.map(({ name }) => name);
    this.relayed = channels.filter(({ isRelayed }) => isRelayed).map(({ name }) => name);
    const invalid = this.names.find((name, n) => !CHANNEL_NAME.test(name) || this.names.indexOf(name) < n);
    if (invalid !== undefined) throw new Error(`The channel "${invalid}" is invalid or registered twice.`);
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }
}
