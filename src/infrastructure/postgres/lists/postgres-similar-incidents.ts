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
import type { SetUpStatement } from '../connection/statement.js';
import { shownOf, toIncident } from '../incidents/incident.mapper.js';
import { SearchQueue, type SearchTime } from './search-queue.js';
import {
  indexedNumbersOf,
  similarByNumber,
  similarByScan,
  similarByText,
} from './similar-incident-statements.js';

/** The number of open incidents that are compared one by one. */
const SCAN_ROWS = 2_000;
/** The part of the time of a search for that, in milliseconds. */
const SCAN_BUDGET_MS = 400;
/** If that takes too long, so many are compared, in this time. */
const FEWER_ROWS = 100;
const FEWER_BUDGET_MS = 100;
/** The part for looking up asset numbers in the index. */
const NUMBER_BUDGET_MS = 150;
/** The part for looking up the text in the index, if there are too few results until then. */
const TEXT_BUDGET_MS = 250;

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
  const rowsBy = (budgetMs: number, statement: (timeoutMs: number) => SetUpStatement) =>
    time.rowsBy<Row>(Math.min(time.deadline, performance.now() + budgetMs), statement);
  const newest = await rowsBy(SCAN_BUDGET_MS, (ms) => similarByScan(query, SCAN_ROWS, ms));
  const fewer = newest ?? (await rowsBy(FEWER_BUDGET_MS, (ms) => similarByScan(query, FEWER_ROWS, ms)));
  // Without a row, the number of those that were read is unknown.
  const areAll = newest?.[0] !== undefined && newest[0].read < SCAN_ROWS;
  const numbers = areAll ? [] : indexedNumbersOf(query);
  const byNumber =
    numbers.length === 0
      ? undefined
      : await rowsBy(NUMBER_BUDGET_MS, (ms) => similarByNumber(query, numbers, ms));
  const first = rankAll(query, fewer, byNumber);
  const byText =
    areAll || first.length >= MAX_SIMILAR
      ? undefined
      : await rowsBy(TEXT_BUDGET_MS, (ms) => similarByText(query, ms));
  if (!fewer && !byNumber && !byText) {
    throw new StoreUnavailable({ cause: new Error('the search timed out before it read anything') });
  }
  const ranked = (byText ? rankAll(query, first, byText) : first).slice(0, MAX_SIMILAR);
  const rows = await time.incidents(ranked.map(({ id }) => id));
  const incidents = new Map(
    rows.slice(0, shownOf(rows, MAX_SIMILAR)).map((row) => [row.id, toIncident(row)]),
  );
  return ranked.flatMap(({ id, similarity, matchedBy }) => {
    const incident = incidents.get(id);
    return incident && isOpen(incident.status) ? [{ incident, similarity, matchedBy }] : [];
  });
}

/** What is similar among these candidates, each once. */
function rankAll({ text }: SimilarQuery, ...candidates: (readonly SimilarityCandidate[] | undefined)[]) {
  const all = candidates.flatMap((some) => some ?? []);
  return rankSimilar(text, [...new Map(all.map((each) => [each.id, each])).values()]);
}
