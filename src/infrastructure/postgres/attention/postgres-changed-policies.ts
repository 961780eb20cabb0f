import { Injectable } from '@nestjs/common';
import { ChangedPolicies, type ChangedPolicy } from '../../../application/attention/changed-policies.js';
import { MAX_FEED_PAGE } from '../../../application/feed/event-feed.js';
import type { ChatScope, PolicyScope } from '../../../domain/attention/attention-policy.js';
import { INCIDENT_SOURCES, type IncidentSource } from '../../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES, isOpen } from '../../../domain/incident/incident-status.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import { isoTime } from '../../../shared/iso-time.js';
import { Database } from '../connection/database.js';
import { prepared } from '../connection/statement.js';

export const NEXT_CHANGED_POLICY = prepared(
  'SELECT scope, number FROM changed_policies ORDER BY number LIMIT 1',
);

export const REMOVE_CHANGED_POLICY = prepared(
  'DELETE FROM changed_policies WHERE scope = $1 AND number = $2',
);

/** The incidents of a source that have this status, after the one with this time and id. */
export const OPEN_OF_SOURCE = prepared(`
  SELECT id, created_at FROM incidents
  WHERE status = $1 AND source = $2 AND (created_at, id) > ($3, $4)
  ORDER BY created_at, id LIMIT ${MAX_FEED_PAGE}`);

/** The incidents with origins from $1 to $2, without $2, after the one with this origin, time and id. They may be closed. */
export const ALL_OF_CHAT = prepared(`
  SELECT id, created_at, origin FROM incidents
  WHERE origin IS NOT NULL AND origin < $2 AND (origin, created_at, id) > ($1, $3, $4)
  ORDER BY origin, created_at, id LIMIT ${MAX_FEED_PAGE}`);

interface Place {
  readonly id: IncidentId;
  readonly created_at: Date;
}

const START = ['-infinity', 0] as const;

const placeOf = ({ id, created_at }: Place) => [isoTime(created_at), id] as const;

/** Changed policies in PostgreSQL: a trigger records them. */
@Injectable()
export class PostgresChangedPolicies extends ChangedPolicies {
  constructor(private readonly database: Database) {
    super();
  }

  async next(): Promise<ChangedPolicy | undefined> {
    return (await this.database.query<ChangedPolicy>(NEXT_CHANGED_POLICY))[0];
  }

  incidentsOf(scope: PolicyScope): AsyncGenerator<readonly IncidentId[], void> {
    const source = INCIDENT_SOURCES.find((name) => name === scope);
    return source ? this.openOf(source) : this.allOf(scope);
  }

  async remove({ scope, number }: ChangedPolicy): Promise<void> {
    await this.database.query(REMOVE_CHANGED_POLICY, [scope, number]);
  }

  private async *openOf(source: IncidentSource) {
    for (const status of INCIDENT_STATUSES.filter(isOpen)) {
      let rows: readonly Place[];
      for (let place: readonly unknown[] = START; ; place = placeOf(rows.at(-1)!)) {
        rows = await this.database.query<Place>(OPEN_OF_SOURCE, [status, source, ...place]);
        yield rows.map(({ id }) => id);
        if (rows.length < MAX_FEED_PAGE) break;
      }
    }
  }

  /** The index of origins is in the order of their bytes, in which a semicolon follows a colon. */
  private async *allOf(chat: ChatScope) {
    let origin = `${chat}:`;
    let rows: readonly (Place & { readonly origin: string })[];
    for (let place: readonly unknown[] = START; ; place = placeOf(rows.at(-1)!)) {
      rows = await this.database.query(ALL_OF_CHAT, [origin, `${chat};`, ...place]);
      yield rows.map(({ id }) => id);
      if (rows.length < MAX_FEED_PAGE) break;
      origin = rows.at(-1)!.origin;
    }
  }
}
