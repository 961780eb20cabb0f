import type { Workload } from '../../domain/access/workload.js';
import type { IncidentId } from '../../domain/incident/incident-state.js';
import type { Incident } from '../../domain/incident/incident.js';
import type { Similarity } from '../../domain/incident/similarity.js';

/** The maximum number of incidents that are found. */
export const MAX_SIMILAR = 10;

/** The incident to which others are compared. */
export interface SimilarQuery {
  readonly id: IncidentId;
  /** Of its first report. */
  readonly text: string;
}

export interface SimilarIncident extends Similarity {
  readonly incident: Incident;
}

/** Finds incidents that may have the same cause as another one. */
export abstract class SimilarIncidents {
  /**
   * Up to `MAX_SIMILAR` open incidents whose first reports are similar to this one, as `similarity.ts` has it: the most similar first.
   * It has a time limit, and prefers new incidents: of older ones it finds those that it has time for.
   * @throws StoreUnavailable if nothing was read by then.
   */
  abstract find(query: SimilarQuery, workload?: Workload): Promise<readonly SimilarIncident[]>;
}
