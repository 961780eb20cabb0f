/** Every status an incident can have, in their usual order. */
export const INCIDENT_STATUSES = ['NEW', 'IN_PROGRESS', 'RESOLVED', 'CLOSED'] as const;

export type IncidentStatus = (typeof INCIDENT_STATUSES)[number];

/** Whether an incident of this status still needs work. */
export function isOpen(status: IncidentStatus): boolean {
  return status === 'NEW' || status === 'IN_PROGRESS';
}
