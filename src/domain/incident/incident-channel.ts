import type { KeyReference } from '../access/access-key.js';

/** The ways by which something is told to the register. */
export const INCIDENT_CHANNELS = ['rest', 'telegram', 'kafka', 'alertmanager'] as const;

export type IncidentChannel = (typeof INCIDENT_CHANNELS)[number];

/** Who tells something, and by which way it came. */
export interface Provenance {
  /** The name of an access key, or whom its holder speaks for. */
  readonly actor: string;
  /** The key that was verified, whoever the actor is; undefined where none was needed, as for messages from Kafka. */
  readonly accessKey?: KeyReference;
  readonly channel: IncidentChannel;
}
