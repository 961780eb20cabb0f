import type { Report } from './incident-events.js';
import type { Incident, IncidentId } from './incident.js';

/**
 * The incidents themselves. Each method is one transaction: what it has resolved with is committed,
 * the history with it, and what it has rejected with has changed nothing.
 */
export abstract class IncidentRepository {
  /** Gives the report a number and keeps it as a NEW incident of version 1. */
  abstract add(report: Report): Promise<Incident>;

  /** The incident as it is now, or undefined where there is none. */
  abstract find(id: IncidentId): Promise<Incident | undefined>;

  /**
   * Lets `act` change the incident as it is now, alone with it, and keeps the outcome and its events;
   * resolves with undefined, and does not call `act`, where there is none.
   * What `act` throws is thrown on, and nothing is kept. `act` must depend on its argument alone.
   */
  abstract change(id: IncidentId, act: (incident: Incident) => void): Promise<Incident | undefined>;
}
