import { Injectable } from '@nestjs/common';
import { AlertEpisodes, type Episode, type Episodes } from '../../../application/intake/alert-episodes.js';
import { Database } from '../connection/database.js';
import { fromRow, type RowOf } from '../connection/row.js';
import { prepared, type Statement } from '../connection/statement.js';

const COLUMNS = 'dedup_key AS "dedupKey", reported, resolved, resolved_at AS "resolvedAt"';

export const FIND = prepared(`SELECT ${COLUMNS} FROM alert_episodes WHERE dedup_key = ANY($1::text[])`);

/** In the order of the keys: concurrent statements for the same alerts must not deadlock. */
export const GIVEN = `
  SELECT dedup_key, max(starts_at) AS starts_at FROM unnest($1::text[], $2::timestamptz[]) AS given (dedup_key, starts_at)
  GROUP BY dedup_key ORDER BY dedup_key`;

export const RECORD_REPORTED = prepared(`
  INSERT INTO alert_episodes AS known (dedup_key, reported, at)
    SELECT dedup_key, starts_at, $3 FROM (${GIVEN}) AS given
  ON CONFLICT (dedup_key) DO UPDATE SET reported = greatest(known.reported, excluded.reported), at = excluded.at
  RETURNING ${COLUMNS}`);

export const RECORD_RESOLVED = prepared(`
  INSERT INTO alert_episodes AS known (dedup_key, resolved, resolved_at, at)
    SELECT dedup_key, starts_at, $3, $3 FROM (${GIVEN}) AS given
  ON CONFLICT (dedup_key) DO UPDATE SET resolved = greatest(known.resolved, excluded.resolved),
    resolved_at = excluded.resolved_at, at = excluded.at
  RETURNING ${COLUMNS}`);

type FoundRow = RowOf<Episodes> & Pick<Episode, 'dedupKey'>;

@Injectable()
export class PostgresAlertEpisodes extends AlertEpisodes {
  constructor(private readonly database: Database) {
    super();
  }

  async find(dedupKeys: readonly string[]): Promise<ReadonlyMap<string, Episodes>> {
    return byKey(await this.database.query<FoundRow>(FIND, [dedupKeys]));
  }

  recordReported(episodes: readonly Episode[], at: Date): Promise<ReadonlyMap<string, Episodes>> {
    return this.record(RECORD_REPORTED, episodes, at);
  }

  recordResolved(episodes: readonly Episode[], at: Date): Promise<ReadonlyMap<string, Episodes>> {
    return this.record(RECORD_RESOLVED, episodes, at);
  }

  private async record(
    statement: Statement,
    episodes: readonly Episode[],
    at: Date,
  ): Promise<ReadonlyMap<string, Episodes>> {
    if (episodes.length === 0) return new Map();
    const keys = episodes.map(({ dedupKey }) => dedupKey);
    const starts = episodes.map(({ startsAt }) => startsAt.toISOString());
    return byKey(await this.database.change<FoundRow>(statement, [keys, starts, at]));
  }
}

function byKey(rows: readonly FoundRow[]): ReadonlyMap<string, Episodes> {
  return new Map(rows.map(({ dedupKey, ...episodes }) => [dedupKey, fromRow<Episodes>(episodes)]));
}
