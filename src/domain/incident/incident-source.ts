/** Who reports incidents. */
export const INCIDENT_SOURCES = ['operator', 'monitoring', 'partner'] as const;

export type IncidentSource = (typeof INCIDENT_SOURCES)[number];
