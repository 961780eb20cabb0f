import type { IncidentSource } from '../../domain/incident/incident-source.js';
import type { IncidentStatus } from '../../domain/incident/incident-status.js';
import type { Incident, IncidentId } from '../../domain/incident/incident.js';

/** The most that a total by date, text or deduplication key counts up to: past it, counting costs more than the page itself. */
export const MAX_COUNTED = 10_000;

/** Where an incident stands in the list. */
export interface Position {
  readonly createdAt: Date;
  readonly id: IncidentId;
}

/** Which part of the list: so many passed over, or the neighbours of a position, on either side of it. */
export type PageStart =
  { readonly offset: number } | { readonly after: Position } | { readonly before: Position };

export interface IncidentQuery {
  /** Any of these; undefined for all. */
  readonly statuses?: readonly IncidentStatus[];
  /** Any of these; undefined for all. */
  readonly sources?: readonly IncidentSource[];
  /** Reported at this moment or later. */
  readonly createdFrom?: Date;
  /** Reported before this moment. */
  readonly createdTo?: Date;
  /** With this deduplication key. */
  readonly dedupKey?: string;
  /** With this in the description, in any case. At least 3 characters, as the index needs. */
  readonly text?: string;
  readonly order: 'newest-first' | 'oldest-first';
  readonly limit: number;
  readonly start: PageStart;
}

export interface IncidentPage {
  /** In the order of the query, whichever side of a position they are from. */
  readonly incidents: readonly Incident[];
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
  /** How many incidents the filters let through, on all pages together. */
  readonly total: number;
  /** False where there are more than `total`, with dates, text or a deduplication key only: then it is `MAX_COUNTED`. */
  readonly totalIsExact: boolean;
}

/**
 * The incidents as a list to look through. Ties in time are ordered by id. Pages by position are stable: incidents that
 * arrive meanwhile neither repeat nor hide any.
 */
export abstract class IncidentList {
  /** Rows and total are of one moment. */
  abstract page(query: IncidentQuery): Promise<IncidentPage>;
}
