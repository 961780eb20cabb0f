import type { IncidentEvent } from '../../domain/incident/incident-events.js';
import type { IncidentId } from '../../domain/incident/incident.js';

export interface IncidentEventPage {
  readonly events: readonly IncidentEvent[];
  /** Whether there are events after the last of these. */
  readonly more: boolean;
}

/** What happened to an incident, in the order in which it happened. */
export abstract class IncidentHistory {
  /** Up to `limit` events with a seq above `after`; undefined where there is no such incident. */
  abstract page(id: IncidentId, after: number, limit: number): Promise<IncidentEventPage | undefined>;
}
