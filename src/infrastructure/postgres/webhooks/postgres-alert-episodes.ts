import { Injectable } from '@nestjs/common';
import { AlertEpisodes, type Episode, type Episodes } from '../../../application/intake/alert-episodes.js';
import type { AlertEpisodeRow } from './alert-episode.row.js';
import { LIMITS_MS } from '../connection/connection.js';
import { Database, type Statement } from '../connection/database.js';

const COLUMNS = 'dedup_key, reported, resolved, resolved_at';

export const FIND: Statement = {
  name: 'find-alert-episodes',
  text: `SELECT ${COLUMNS} FROM alert_episodes WHERE dedup_key = ANY($1::text[])`,
};

/** In the order of the keys: concurrent statements for the same alerts must not deadlock. */
export const GIVEN = `
  SELECT dedup_key, max(starts_at) AS starts_at FROM unnest($1::text[], $2::timestamptz[]) AS given (dedup_key, starts_at)
  GROUP BY dedup_key ORDER BY dedup_key`;

export const RECORD_REPORTED: Statement = {
  name: 'record-reported-episodes',
  text: `
    INSERT INTO alert_episodes AS known (dedup_key, reported, at)
      SELECT dedup_key, starts_at, $3 FROM (${GIVEN}) AS given
    ON CONFLICT (dedup_key) DO UPDATE SET reported = greatest(known.reported, excluded.reported), at = excluded.at
    RETURNING ${COLUMNS}`,
};

export const RECORD_RESOLVED: Statement = {
  name: 'record-resolved-episodes',
  text: `
    INSERT INTO alert_episodes AS known (dedup_key, resolved, resolved_at, at)
      SELECT dedup_key, starts_at, $3, $3 FROM (${GIVEN}) AS given
    ON CONFLICT (dedup_key) DO UPDATE SET resolved = greatest(known.resolved, excluded.resolved),
      resolved_at = excluded.resolved_at, at = excluded.at
    RETURNING ${COLUMNS}`,
};

type FoundRow = Omit<AlertEpisodeRow, 'at'>;

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
    const deadline = performance.now() + LIMITS_MS.total;
    return byKey(await this.database.change<FoundRow>(statement, [keys, starts, at], deadline));
  }
}

function byKey(rows: readonly FoundRow[]): ReadonlyMap<string, Episodes> {
  return new Map(
    rows.map(({ dedup_key: key, reported, resolved, resolved_at: resolvedAt }) => [
      key,
      {
        reported: reported ?? undefined,
        resolved: resolved ?? undefined,
        resolvedAt: resolvedAt ?? undefined,
      },
    ]),
  );
}
