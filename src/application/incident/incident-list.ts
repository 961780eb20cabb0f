import type { IncidentSource } from '../../domain/incident/incident-source.js';
import type { IncidentStatus } from '../../domain/incident/incident-status.js';
import type { Incident, IncidentId } from '../../domain/incident/incident.js';
import type { Workload } from '../../domain/access/workload.js';

/** The most that a total by date, text or deduplication key counts up to: past it, counting costs more than the page itself. */
export const MAX_COUNTED = 10_000;

/** Where an incident stands in the list. */
export interface Position {
  readonly createdAt: Date;
  readonly id: IncidentId;
}

/** Transactions that a reader could not see: those with these ids, and all from `from` on. */
export interface Unseen {
  readonly from: number;
  readonly running: readonly number[];
}

/**
 * What the pages up to a position could not show, because it was not committed: a report appears in the list where it was
 * created, which can be behind the reader.
 */
export interface Passed {
  /** When they were read. */
  readonly at: Date;
  readonly unseen: Unseen;
  /** Newest first, reports of after the first page stay out: the moment at which it was read. */
  readonly until?: Date;
  /** Where the late reports are more than a page: the last one shown, and what the page that began with them could not see. */
  readonly late?: { readonly after: Position; readonly unseen: Unseen };
}

/** Which part of the list: so many passed over, or the neighbours of a position, on either side of it. */
export type PageStart =
  | { readonly offset: number }
  | { readonly after: Position; readonly passed?: Passed }
  | { readonly before: Position };

/** Which incidents are in a list: those that pass every filter that is given. */
export interface IncidentFilters {
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
}

export interface IncidentQuery extends IncidentFilters {
  /** With this in the description, in any case and in any canonically equivalent form. */
  readonly text?: string;
  readonly order: 'newest-first' | 'oldest-first';
  readonly limit: number;
  readonly start: PageStart;
}

export interface IncidentPage {
  /** In the order of the query, whichever side of a position they are from. */
  readonly incidents: readonly Incident[];
  /** Undefined on the first page. */
  readonly previous: PageStart | undefined;
  /** Undefined on the last page. */
  readonly next: PageStart | undefined;
  /** How many incidents the filters let through, on all pages together. */
  readonly total: number;
  /** False where there may be more than `total`: with dates or a deduplication key past `MAX_COUNTED`, with a text also where the time was over. */
  readonly totalIsExact: boolean;
}

/**
 * The incidents as a list to look through. Ties in time are ordered by id. Pages by position are stable: incidents that
 * arrive meanwhile neither repeat nor hide any.
 *
 * Whoever follows `next` to the end sees each report that was committed before the first page was asked for. Oldest first
 * that holds for each report that was committed before the last page was asked for, in whichever order reports are committed.
 */
export abstract class IncidentList {
  /**
   * Rows and total are of one moment, except for a text. A search takes a limited time: past it the page has what was found
   * by then, the total is a lower bound, and `next` leads on from where the search stopped, which may be before its offset. Where
   * nothing could be read in that time it is a StoreUnavailable.
   *
   * A page may have fewer incidents than its limit also where their descriptions are long.
   */
  abstract page(query: IncidentQuery, workload?: Workload): Promise<IncidentPage>;
}
