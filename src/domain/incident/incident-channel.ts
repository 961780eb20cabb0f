import type { KeyReference } from '../access/access-key.js';

/** The channels by which reports and changes arrive. */
export const INCIDENT_CHANNELS = ['rest', 'telegram', 'kafka', 'alertmanager'] as const;

export type IncidentChannel = (typeof INCIDENT_CHANNELS)[number];

/** Who has caused an event, and by which channel it came. */
export interface Provenance {
  /** The name of the access key, or of whom it impersonates. */
  readonly actor: string;
  /** The key that was verified, whoever the actor is; undefined where none was needed, as for messages from Kafka. */
  readonly accessKey?: KeyReference;
  readonly channel: IncidentChannel;
}
