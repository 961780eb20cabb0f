import type { IncidentEvent } from '../../../domain/incident/incident-events.js';
import type { IncidentId } from '../../../domain/incident/incident.js';
import { IncidentEventResponse } from '../incidents/incidents.dto.js';

/** An event as a message: events of one incident have one key, and so one partition and one order. */
export interface EventMessage {
  readonly key: string;
  readonly value: string;
}

/** What others are told of an event: what the history shows of it, with its incident and an id by which it is known again. */
export function eventMessage(incidentId: IncidentId, event: IncidentEvent): EventMessage {
  const place = { id: `${incidentId}-${event.seq}`, incident_id: incidentId };
  const value = Object.assign(place, IncidentEventResponse.from(event));
  return { key: String(incidentId), value: JSON.stringify(value) };
}
