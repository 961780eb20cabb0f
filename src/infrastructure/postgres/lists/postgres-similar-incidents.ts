import { Injectable } from '@nestjs/common';
import {
  MAX_SIMILAR,
  type SimilarIncident,
  SimilarIncidents,
  type SimilarQuery,
} from '../../../application/incident/similar-incidents.js';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import type { Workload } from '../../../domain/access/workload.js';
import { isOpen } from '../../../domain/incident/incident-status.js';
import { rankSimilar, type SimilarityCandidate } from '../../../domain/incident/similarity.js';
import { shownOf, toIncident } from '../incidents/incident.mapper.js';
import { SearchQueue, type SearchTime } from './search-queue.js';
import { similarByIndex, similarByScan } from './similar-incident-statements.js';

/** The number of open incidents that are compared one by one. */
const SCAN_ROWS = 2_000;
/** The part of the time of a search for that, in milliseconds; the rest is for the index. */
const SCAN_BUDGET_MS = 400;

type Row = SimilarityCandidate & { readonly read: number };

/** Compares the newest open incidents one by one, and finds similar ones among the others by the index of the search. */
@Injectable()
export class PostgresSimilarIncidents extends SimilarIncidents {
  constructor(private readonly searches: SearchQueue) {
    super();
  }

  find(query: SimilarQuery, workload?: Workload): Promise<readonly SimilarIncident[]> {
    return this.searches.submit('similar', query, (time) => find(query, time), workload);
  }
}

async function find(query: SimilarQuery, time: SearchTime): Promise<readonly SimilarIncident[]> {
  const scanDeadline = Math.min(time.deadline, time.startedAt + SCAN_BUDGET_MS);
  const newest = await time.rowsBy<Row>(scanDeadline, (ms) => similarByScan(query, SCAN_ROWS, ms));
  // Without a row, the number of those that were read is unknown.
  const areAll = newest?.[0] !== undefined && newest[0].read < SCAN_ROWS;
  const others = areAll ? [] : await time.rowsBy<Row>(time.deadline, (ms) => similarByIndex(query, ms));
  if (!newest && !others) {
    throw new StoreUnavailable({ cause: new Error('the search timed out before it read anything') });
  }
  const found = new Map([...(others ?? []), ...(newest ?? [])].map((row) => [row.id, row]));
  const ranked = rankSimilar(query.text, [...found.values()]).slice(0, MAX_SIMILAR);
  const rows = await time.incidents(ranked.map(({ id }) => id));
  const incidents = new Map(
    rows.slice(0, shownOf(rows, MAX_SIMILAR)).map((row) => [row.id, toIncident(row)]),
  );
  return ranked.flatMap(({ id, similarity, matchedBy }) => {
    const incident = incidents.get(id);
    return incident && isOpen(incident.status) ? [{ incident, similarity, matchedBy }] : [];
  });
}
