import { Injectable } from '@nestjs/common';
import { ChangedPolicies, type ChangedPolicy } from '../../../application/attention/changed-policies.js';
import { MAX_FEED_PAGE } from '../../../application/feed/event-feed.js';
import type { PolicyScope } from '../../../domain/attention/attention-policy.js';
import { INCIDENT_SOURCES } from '../../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES, isOpen } from '../../../domain/incident/incident-status.js';
import type { IncidentId } from '../../../domain/incident/incident-state.js';
import { isoTime } from '../../../shared/time/iso-time.js';
import { Database } from '../connection/database.js';
import { prepared } from '../connection/statement.js';
import { CHAT_OF_ORIGIN } from '../incidents/incident-columns.js';

export const NEXT_CHANGED_POLICY = prepared(
  'SELECT scope, number FROM changed_policies ORDER BY number LIMIT 1',
);

export const REMOVE_CHANGED_POLICY = prepared(
  'DELETE FROM changed_policies WHERE scope = $1 AND number = $2',
);

const page = (scope: string) => `
  SELECT id, created_at FROM incidents
  WHERE ${scope} = $1 AND status = $2 AND (created_at, id) > ($3, $4)
  ORDER BY created_at, id LIMIT ${MAX_FEED_PAGE}`;

/** The incidents of a source with a status, after the one with this time and id. */
export const PAGE_OF_SOURCE = prepared(page('source'));

/** The same of a chat. */
export const PAGE_OF_CHAT = prepared(page(CHAT_OF_ORIGIN));

const SOURCES: readonly PolicyScope[] = INCIDENT_SOURCES;

interface Row {
  readonly id: IncidentId;
  readonly created_at: Date;
}

/** Changed policies in PostgreSQL: a trigger records them. */
@Injectable()
export class PostgresChangedPolicies extends ChangedPolicies {
  constructor(private readonly database: Database) {
    super();
  }

  async next(): Promise<ChangedPolicy | undefined> {
    return (await this.database.query<ChangedPolicy>(NEXT_CHANGED_POLICY))[0];
  }

  async *openIncidentsOf(scope: PolicyScope): AsyncGenerator<readonly IncidentId[], void> {
    const statement = SOURCES.includes(scope) ? PAGE_OF_SOURCE : PAGE_OF_CHAT;
    for (const status of INCIDENT_STATUSES.filter(isOpen)) {
      let last: Row | undefined;
      do {
        const start = last ? [isoTime(last.created_at), last.id] : ['-infinity', 0];
        const rows = await this.database.query<Row>(statement, [scope, status, ...start]);
        yield rows.map(({ id }) => id);
        last = rows.length === MAX_FEED_PAGE ? rows.at(-1) : undefined;
      } while (last);
    }
  }

  async remove({ scope, number }: ChangedPolicy): Promise<void> {
    await this.database.query(REMOVE_CHANGED_POLICY, [scope, number]);
  }
}
