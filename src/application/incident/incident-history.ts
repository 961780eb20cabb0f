import type { IncidentEvent } from '../../domain/incident/incident-events.js';
import type { IncidentId } from '../../domain/incident/incident-state.js';

export interface IncidentEventPage {
  readonly events: readonly IncidentEvent[];
  /** Whether there are events after the last of these. */
  readonly more: boolean;
}

/** The histories of incidents. */
export abstract class IncidentHistory {
  /** Up to `limit` events with a seq above `after`, in order; undefined where there is no such incident. */
  abstract page(id: IncidentId, after: number, limit: number): Promise<IncidentEventPage | undefined>;
}
