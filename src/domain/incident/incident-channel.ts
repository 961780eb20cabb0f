/** The ways by which something is told to the register. */
export const INCIDENT_CHANNELS = ['rest', 'telegram', 'kafka', 'alertmanager'] as const;

export type IncidentChannel = (typeof INCIDENT_CHANNELS)[number];

/** Who tells something, and by which way it came. */
export interface Author {
  /** The name of an access key, or whom its holder speaks for. */
  readonly actor: string;
  readonly channel: IncidentChannel;
}
