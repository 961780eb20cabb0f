/** Every status an incident can have, in the order in which one usually passes through them. */
export const INCIDENT_STATUSES = ['NEW', 'IN_PROGRESS', 'RESOLVED', 'CLOSED'] as const;

export type IncidentStatus = (typeof INCIDENT_STATUSES)[number];
