import { DatabaseError } from 'pg';
import { DomainError } from '../../../domain/domain-error.js';
import {
  type IdempotencyKey,
  IdempotencyKeyInUse,
  IdempotencyKeyReused,
  ReplayedError,
} from '../../../domain/incident/idempotency.js';
import { InvalidText } from '../../../domain/incident/incident-errors.js';
import type { WriteResult } from '../../../domain/incident/incident-repository.js';
import { LIMITS } from '../connection/connection.js';
import { isLockTimeout } from '../connection/database-errors.js';
import type { Database, Statement } from '../connection/database.js';
import type { IdempotencyRecordRow, RejectionRecord } from './idempotency-record.row.js';
import { toIncident } from '../incidents/incident.mapper.js';
import { ALL_COLUMNS, type IncidentRow } from '../incidents/incident-columns.js';
import type { Outcome } from '../batching/pending-requests.js';

/** An earlier request: what it was, and either its refusal or the incident as it left it. */
type EarlierRow = Pick<IdempotencyRecordRow, 'scope' | 'key' | 'fingerprint' | 'rejection'> & IncidentRow;

/** What earlier requests with these keys did, each with its incident as it was then. */
export const FIND_EARLIER: Statement = {
  name: 'find-earlier-requests',
  text: `
    SELECT record.scope, record.key, record.fingerprint, record.rejection,
      ${ALL_COLUMNS.map(({ name, replayed = `incident.${name}` }) => `${replayed} AS ${name}`).join(', ')}
    FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS asked (scope, key)) AS asked
    JOIN idempotency_records AS record USING (scope, key)
    LEFT JOIN incidents AS incident ON incident.id = record.incident_id`,
};

/**
 * Refused requests in, the keys out that were free; of the others nothing is kept. One that another is at is waited for, as
 * the last value says.
 */
export const RECORD_REJECTIONS: Statement = {
  name: 'record-rejections',
  text: `
    INSERT INTO idempotency_records (scope, key, fingerprint, at, rejection)
    SELECT scope, key, fingerprint, now(), rejection
    FROM set_config('lock_timeout', $5, true),
      unnest($1::text[], $2::text[], $3::bytea[], $4::jsonb[]) AS rejected (scope, key, fingerprint, rejection)
    ORDER BY scope, key
    ON CONFLICT (scope, key) DO NOTHING
    RETURNING scope, key`,
};

/** The key as one word, by which two of them are compared. */
export const keyId = ({ scope, key }: Pick<IdempotencyKey, 'scope' | 'key'>): string => `${scope}\n${key}`;

/** Whether another request has taken an idempotency key meanwhile. */
export function isKeyTaken(error: unknown): boolean {
  return error instanceof DatabaseError && error.constraint === 'idempotency_records_pkey';
}

/**
 * How long, in milliseconds, a statement of so many requests waits for keys that others have not done with: briefly where
 * there are neighbours, who would wait as well. The one that is held is then asked for again alone, and has 2 s in all.
 */
export const keyLockTimeout = (requests: number): string => (requests > 1 ? '300' : String(LIMITS.lock));

/** Whether another request that is not done yet has held an idempotency key for too long. */
export function isKeyHeld(error: unknown): boolean {
  return isLockTimeout(error, 'idempotency_records');
}

/** What became of earlier requests that had idempotency keys. */
export class IdempotencyRecords {
  constructor(private readonly database: Database) {}

  /** What to answer to requests with these keys, for those that are repeats. */
  async find(
    keys: readonly IdempotencyKey[],
    deadline: number,
  ): Promise<ReadonlyMap<IdempotencyKey, Outcome<WriteResult>>> {
    if (keys.length === 0) return new Map();
    const values = [keys.map(({ scope }) => scope), keys.map(({ key }) => key)];
    const rows = await this.database.query<EarlierRow>(FIND_EARLIER, values, deadline);
    const earlier = new Map(rows.map((row) => [keyId(row), row]));
    return new Map(
      keys.flatMap((key) => {
        const row = earlier.get(keyId(key));
        return row ? [[key, answerTo(key, row)]] : [];
      }),
    );
  }

  /** Keeps refusals, and says of each whether its key was free. Never rejects: what it goes with is done by now. */
  async keep(
    refusals: ReadonlyMap<IdempotencyKey, RejectionRecord>,
    deadline: number,
  ): Promise<ReadonlyMap<IdempotencyKey, Outcome<boolean>>> {
    if (refusals.size === 0) return new Map();
    const keys = [...refusals.keys()];
    try {
      const kept = await this.keepAll(refusals, deadline);
      return new Map(keys.map((key) => [key, { value: kept.has(keyId(key)) }]));
    } catch (error) {
      if (!isKeyHeld(error)) return new Map(keys.map((key) => [key, { error }]));
      if (keys.length === 1) return new Map([[keys[0]!, { error: new IdempotencyKeyInUse() }]]);
      // One of them is held, and the others need not wait for it.
      const alone = await Promise.all([...refusals].map((one) => this.keep(new Map([one]), deadline)));
      return new Map(alone.flatMap((one) => Array.from(one)));
    }
  }

  /** The words of those keys that were free. */
  private async keepAll(
    refusals: ReadonlyMap<IdempotencyKey, RejectionRecord>,
    deadline: number,
  ): Promise<ReadonlySet<string>> {
    const keys = [...refusals.keys()];
    const values = [
      keys.map(({ scope }) => scope),
      keys.map(({ key }) => key),
      keys.map(({ fingerprint }) => fingerprint),
      [...refusals.values()].map((refusal) => JSON.stringify(refusal)),
      keyLockTimeout(keys.length),
    ];
    const rows = await this.database.query<IdempotencyRecordRow>(RECORD_REJECTIONS, values, deadline);
    return new Set(rows.map(keyId));
  }
}

/** A refusal by the rules, which a repeat is to get again; a text that is not fit was never a request. */
export function rejectionOf(error: unknown): RejectionRecord | undefined {
  if (!(error instanceof DomainError) || error instanceof InvalidText) return undefined;
  const { code, message: detail, facts } = error;
  return { code, detail, facts };
}

function answerTo({ fingerprint }: IdempotencyKey, row: EarlierRow): Outcome<WriteResult> {
  if (!row.fingerprint.equals(fingerprint)) return { error: new IdempotencyKeyReused() };
  if (!row.rejection) return { value: { incident: toIncident(row), isReplay: true } };
  const { code, detail, facts } = row.rejection;
  return { error: new ReplayedError(code, detail, facts) };
}
