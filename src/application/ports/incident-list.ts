import type { IncidentSource } from '../../domain/incident/incident-source.js';
import type { IncidentStatus } from '../../domain/incident/incident-status.js';
import type { Incident } from '../../domain/incident/incident.js';

/** The most that a total by date counts up to: past it, counting costs more than the page itself. */
export const MAX_COUNTED = 10_000;

export interface IncidentQuery {
  /** Any of these; undefined for all. */
  readonly statuses?: readonly IncidentStatus[];
  /** Any of these; undefined for all. */
  readonly sources?: readonly IncidentSource[];
  /** Reported at this moment or later. */
  readonly createdFrom?: Date;
  /** Reported before this moment. */
  readonly createdTo?: Date;
  readonly order: 'newest-first' | 'oldest-first';
  readonly limit: number;
  readonly offset: number;
}

export interface IncidentPage {
  readonly incidents: readonly Incident[];
  /** How many incidents the filters let through, on all pages together. */
  readonly total: number;
  /** False where there are more than `total`, which happens with dates only: then it is `MAX_COUNTED`. */
  readonly totalIsExact: boolean;
}

/** The incidents as a list to look through. Ties in time are ordered by id. */
export abstract class IncidentList {
  /** Rows and total are of one moment. */
  abstract page(query: IncidentQuery): Promise<IncidentPage>;
}
