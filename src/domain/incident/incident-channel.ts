import type { KeyReference } from '../access/access-key.js';

/** The name of a channel: the way by which a report reaches the service. The registered channels define which names exist. */
export type IncidentChannel = string;

/** Names of channels become URLs, metric labels and log fields unescaped. */
export const CHANNEL_NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** Who has caused an event, and by which channel it came. */
export interface Provenance {
  /** The name of the access key, or of whom it impersonates. */
  readonly actor: string;
  /** The key that was verified, whoever the actor is; undefined if none was needed, as for messages from Kafka. */
  readonly accessKey?: KeyReference;
  readonly channel: IncidentChannel;
}
