import { Injectable } from '@nestjs/common';
import { StoreUnavailable } from '../../../application/operations/store-unavailable.js';
import type { Workload } from '../../../domain/access/workload.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import { SingleFlight } from '../batching/single-flight.js';
import { LIMITS_MS } from '../connection/connection.js';
import { isStatementTimeout } from '../connection/database-errors.js';
import { Database } from '../connection/database.js';
import type { SetUpStatement } from '../connection/statement.js';
import { PAGE_BY_IDS } from '../incidents/incident-statements.js';
import type { PageIncidentRow } from '../incidents/incident.mapper.js';

/** The number of connections for searches, and of concurrent searches. */
const MAX_CONNECTIONS = 2;

/** The time limit of a search once it has started, in milliseconds. */
const BUDGET_MS = 800;
/** The time after its own timeout in which the server must end a statement, in milliseconds; then the connection is closed. */
const GRACE_MS = 500;
/** The minimum time left for a further statement. */
const MIN_STATEMENT_MS = 20;

/** Runs searches of all kinds. They have a separate pool, so that they delay only each other. */
@Injectable()
export class SearchQueue {
  private readonly reads = new SingleFlight<unknown>({
    maxInFlight: MAX_CONNECTIONS,
    maxQueued: 200,
    timeoutMs: LIMITS_MS.total,
  });
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database.separate(MAX_CONNECTIONS);
  }

  /**
   * Runs a search when it is its turn. Concurrent searches of one kind with the same query share one run.
   * @throws StoreUnavailable if the queue is full, or the search has waited too long in it.
   */
  submit<Result>(
    kind: string,
    query: object,
    run: (time: SearchTime) => Promise<Result>,
    workload?: Workload,
  ): Promise<Result> {
    const read = async (latest: number) => run(new SearchTime(this.database, latest));
    // Only searches of the same kind have the same key, and so results of the same type.
    return this.reads.submit(JSON.stringify([kind, query]), read, workload) as Promise<Result>;
  }
}

/** The statements of one search, within its time limit. */
export class SearchTime {
  readonly startedAt = performance.now();
  /** When the search must end, of `performance.now()`. */
  readonly deadline: number;

  /**
   * @param latest the deadline of the request, of `performance.now()`.
   * @throws StoreUnavailable if there is no time left for a statement.
   */
  constructor(
    private readonly database: Database,
    latest: number,
  ) {
    this.deadline = Math.min(this.startedAt + BUDGET_MS, latest - GRACE_MS);
    if (this.deadline - this.startedAt < MIN_STATEMENT_MS) {
      throw new StoreUnavailable({ cause: new Error('the search waited too long in the queue') });
    }
  }

  /** The rows of a statement; undefined after a timeout. @param deadline of `performance.now()`. */
  async rowsBy<Row extends object>(
    deadline: number,
    statement: (timeoutMs: number) => SetUpStatement,
  ): Promise<Row[] | undefined> {
    const timeoutMs = deadline - performance.now();
    if (timeoutMs < MIN_STATEMENT_MS) return undefined;
    try {
      return await this.database.query<Row>(statement(timeoutMs), [], deadline + GRACE_MS);
    } catch (error) {
      if (isStatementTimeout(error)) return undefined;
      throw error;
    }
  }

  /** The incidents with these ids, in this order: they are found, and shown even if the time is over. */
  async incidents(ids: readonly IncidentId[]): Promise<PageIncidentRow[]> {
    if (ids.length === 0) return [];
    return this.database.query<PageIncidentRow>(PAGE_BY_IDS, [ids], this.deadline + GRACE_MS);
  }
}
