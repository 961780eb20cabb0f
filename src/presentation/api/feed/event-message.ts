import type { IncidentEvent } from '../../../domain/incident/incident-events.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import { eventIdOf, IncidentEventResponse } from '../incidents/incident-events.dto.js';

/** An event as a message. Events of an incident have the same key, and so the same partition and a fixed order. */
export interface EventMessage {
  readonly key: string;
  readonly value: string;
}

/** The published form of an event: as in the history, with its incident and an id by which consumers recognize duplicates. */
export function eventMessage(incidentId: IncidentId, event: IncidentEvent): EventMessage {
  const place = { id: eventIdOf(incidentId, event), incident_id: incidentId };
  const value = Object.assign(place, IncidentEventResponse.from(event));
  return { key: String(incidentId), value: JSON.stringify(value) };
}
