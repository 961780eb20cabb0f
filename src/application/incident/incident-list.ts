import type { ChatScope } from '../../domain/attention/attention-policy.js';
import type { Attention } from '../../domain/incident/attention.js';
import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import type { IncidentSource } from '../../domain/incident/incident-source.js';
import type { IncidentStatus } from '../../domain/incident/incident-status.js';
import type { IncidentId } from '../../domain/incident/incident-state.js';
import type { Incident } from '../../domain/incident/incident.js';
import type { Workload } from '../../domain/access/workload.js';

/** The limit of totals by a text, or by any filter but statuses and sources: beyond it, counting costs more than the page itself. */
export const MAX_COUNTED = 10_000;

/** The place of an incident in the list. */
export interface Position {
  readonly createdAt: Date;
  readonly id: IncidentId;
  /** Needed only in the order `attention`. */
  readonly attention?: Attention;
}

/** Transactions that were invisible to a reader: those with these ids, and all from `from` on. */
export interface Unseen {
  readonly from: number;
  readonly running: readonly number[];
}

/**
 * The reports that the pages up to a position could not show, because they were not committed yet: a report appears in the
 * list at its time of creation, which can be behind the reader.
 */
export interface Passed {
  /** When the pages were read. */
  readonly at: Date;
  readonly unseen: Unseen;
  /** When the first page was read: newest first, later reports are excluded. */
  readonly until?: Date;
  /** Where the late reports exceed a page: the last one shown, and the transactions invisible to the page that began with them. */
  readonly late?: { readonly after: Position; readonly unseen: Unseen };
}

/** The beginning of a page: after so many incidents, or after or before a position. */
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
  /** First reported through any of these; undefined for all. */
  readonly channels?: readonly IncidentChannel[];
  /** Created at this moment or later. */
  readonly createdFrom?: Date;
  /** Created before this moment. */
  readonly createdTo?: Date;
  /** With this deduplication key. */
  readonly dedupKey?: string;
  /** Assigned to this person; null for nobody. */
  readonly assignee?: string | null;
  readonly urgent?: boolean;
  /** Whether it is open and has no assignee. */
  readonly untaken?: boolean;
  /** Marked as a duplicate of this incident. */
  readonly duplicateOf?: IncidentId;
  /** First reported at this place. */
  readonly origin?: string;
  /** First reported by a message of any of these chats. */
  readonly chats?: readonly ChatScope[];
}

/**
 * By time; or by attention: urgent ones first, then those that nobody works on, then the others that are open, and at last those
 * that are RESOLVED and CLOSED, each oldest first.
 */
export type ListOrder = 'newest-first' | 'oldest-first' | 'attention';

export interface IncidentQuery extends IncidentFilters {
  /** With this text in the description, in any case and in any canonically equivalent form. */
  readonly text?: string;
  /** By time if there is a text. */
  readonly order: ListOrder;
  readonly limit: number;
  readonly start: PageStart;
}

export interface IncidentPage {
  /** In the order of the query, after a position and before one. */
  readonly incidents: readonly Incident[];
  /** Undefined on the first page. */
  readonly previous: PageStart | undefined;
  /** Undefined on the last page. */
  readonly next: PageStart | undefined;
  /** The number of incidents that match the filters, on all pages. */
  readonly total: number;
  /** False where there may be more than `total`: beyond `MAX_COUNTED` with any filter but statuses and sources, and after a timeout. */
  readonly totalIsExact: boolean;
}

/**
 * The list of incidents. Pages by position are stable: incidents that arrive meanwhile neither repeat nor hide others. In the
 * order of attention this does not hold for those whose attention changes meanwhile.
 *
 * By time and unless it is searched, a reader who follows `next` to the end sees each report that was committed before the request for the first page. Oldest
 * first, this holds for each report that was committed before the request for the last page, in whichever order reports are
 * committed.
 */
export abstract class IncidentList {
  /**
   * Rows and total are from one snapshot, except where they are searched for: by a text, or by filters that take too long
   * together in a large register. A search has a timeout: after it, the page has the incidents found so far, the total is a lower bound,
   * and `next` continues where the search stopped, which may be before its offset. If nothing was read by then, it rejects with
   * StoreUnavailable.
   *
   * A page may have fewer incidents than its limit where their descriptions are long, too.
   */
  abstract page(query: IncidentQuery, workload?: Workload): Promise<IncidentPage>;
}
