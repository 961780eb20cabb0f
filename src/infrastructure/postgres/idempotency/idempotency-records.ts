import { DatabaseError } from 'pg';
import { DomainError, type DomainErrorCode } from '../../../domain/domain-error.js';
import {
  type IdempotencyKey,
  IdempotencyKeyInUse,
  IdempotencyKeyReused,
  ReplayedError,
  type RequestKey,
} from '../../../domain/incident/idempotency.js';
import { InvalidText } from '../../../domain/incident/incident-errors.js';
import type { WriteResult } from '../../../domain/incident/incident-repository.js';
import { LIMITS_MS } from '../connection/connection.js';
import { isLockTimeout } from '../connection/database-errors.js';
import type { Database } from '../connection/database.js';
import { toIncident } from '../incidents/incident.mapper.js';
import { ALL_COLUMNS, type IncidentRow } from '../incidents/incident-columns.js';
import type { Outcome } from '../batching/outcome.js';
import type { MaybeKeyed } from './settle-requests.js';
import { type ArrayColumn, arraysOf } from '../connection/array-parameters.js';
import { prepared } from '../connection/statement.js';

/** The columns that an idempotency key is stored in; null for a request that has none. */
export const KEY_COLUMNS: readonly ArrayColumn<IdempotencyKey | undefined>[] = [
  { name: 'scope', type: 'text', valueOf: (key) => key?.scope ?? null },
  { name: 'key', type: 'text', valueOf: (key) => key?.key ?? null },
  { name: 'fingerprint', type: 'bytea', valueOf: (key) => key?.fingerprint ?? null },
];

/** A rejection as the first request got it, for replays. */
export interface RejectionRecord {
  readonly code: DomainErrorCode;
  readonly detail: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** An earlier request: either its rejection, or the state of the incident after it. */
type EarlierRow = IdempotencyKey & { readonly rejection: RejectionRecord | null } & IncidentRow;

/** Finds the earlier requests with these keys, each with the state of its incident after it. */
export const FIND_EARLIER = prepared(`
  SELECT record.scope, record.key, record.fingerprint, record.rejection,
    ${ALL_COLUMNS.map(({ name, replayed = `incident.${name}` }) => `${replayed} AS ${name}`).join(', ')}
  FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS request (scope, key)) AS request
  JOIN idempotency_records AS record USING (scope, key)
  LEFT JOIN incidents AS incident ON incident.id = record.incident_id`);

/** Returns a row if an earlier request has used the key. */
export const FIND_KEY = prepared(`SELECT FROM idempotency_records WHERE scope = $1 AND key = $2`);

/**
 * Records rejected requests whose keys are free, and returns those keys. It waits for a key that a running transaction has
 * inserted, for as long as the last parameter says.
 */
export const RECORD_REJECTIONS = prepared(`
  INSERT INTO idempotency_records (scope, key, fingerprint, at, rejection)
  SELECT scope, key, fingerprint, now(), rejection
  FROM set_config('lock_timeout', $5, true),
    unnest($1::text[], $2::text[], $3::bytea[], $4::jsonb[]) AS rejected (scope, key, fingerprint, rejection)
  ORDER BY scope, key
  ON CONFLICT (scope, key) DO NOTHING
  RETURNING scope, key`);

/** The scope and the key as one string, for comparison. */
export const keyId = ({ scope, key }: RequestKey): string => `${scope}\n${key}`;

/** Whether another request has inserted an idempotency key meanwhile. */
export function isKeyTaken(error: unknown): boolean {
  return error instanceof DatabaseError && error.constraint === 'idempotency_records_pkey';
}

/**
 * The lock timeout of a statement of so many requests, in milliseconds: short if there are several, since all of them would wait
 * for one locked key. The request with that key is then retried alone, and has 2 s in total.
 */
export const keyLockTimeout = (requests: number): string => (requests > 1 ? '300' : String(LIMITS_MS.lock));

/** Whether a running request has locked an idempotency key for too long. */
export function isKeyLocked(error: unknown): boolean {
  return isLockTimeout(error, 'idempotency_records');
}

/** The outcomes of earlier requests with idempotency keys. */
export class IdempotencyRecords {
  constructor(private readonly database: Database) {}

  /** The outcomes to replay, for those of these requests whose keys earlier requests have used. */
  async find(
    requests: readonly MaybeKeyed[],
    deadline?: number,
  ): Promise<ReadonlyMap<IdempotencyKey, Outcome<WriteResult>>> {
    const keys = requests.flatMap(({ idempotency }) => idempotency ?? []);
    if (keys.length === 0) return new Map();
    const [scopes, names] = arraysOf(KEY_COLUMNS, keys);
    const rows = await this.database.query<EarlierRow>(FIND_EARLIER, [scopes, names], deadline);
    const earlier = new Map(rows.map((row) => [keyId(row), row]));
    return new Map(
      keys.flatMap((key) => {
        const row = earlier.get(keyId(key));
        return row ? [[key, replayOf(key, row)]] : [];
      }),
    );
  }

  /** Whether an earlier request has used the key, so that this one is its replay or is rejected. */
  async has({ scope, key }: RequestKey): Promise<boolean> {
    return (await this.database.query(FIND_KEY, [scope, key])).length > 0;
  }

  /** Records rejections; the value of each outcome says whether its key was free. Never rejects: the rest of its batch is already committed. */
  async record(
    rejections: ReadonlyMap<IdempotencyKey, RejectionRecord>,
    deadline: number,
  ): Promise<ReadonlyMap<IdempotencyKey, Outcome<boolean>>> {
    if (rejections.size === 0) return new Map();
    const keys = [...rejections.keys()];
    try {
      const recorded = await this.recordAll(rejections, deadline);
      return new Map(keys.map((key) => [key, { value: recorded.has(keyId(key)) }]));
    } catch (error) {
      if (!isKeyLocked(error)) return new Map(keys.map((key) => [key, { error }]));
      if (keys.length === 1) return new Map([[keys[0]!, { error: new IdempotencyKeyInUse() }]]);
      // One of the keys is locked; the others need not wait for it.
      const alone = await Promise.all([...rejections].map((one) => this.record(new Map([one]), deadline)));
      return new Map(alone.flatMap((one) => Array.from(one)));
    }
  }

  /** The ids of the keys that were free. */
  private async recordAll(
    rejections: ReadonlyMap<IdempotencyKey, RejectionRecord>,
    deadline: number,
  ): Promise<ReadonlySet<string>> {
    const keys = [...rejections.keys()];
    const texts = [...rejections.values()].map((rejection) => JSON.stringify(rejection));
    const values = [...arraysOf(KEY_COLUMNS, keys), texts, keyLockTimeout(keys.length)];
    const rows = await this.database.query<RequestKey>(RECORD_REJECTIONS, values, deadline);
    return new Set(rows.map(keyId));
  }
}

/**
 * The requests of an attempt, each with the outcome to replay, if there is one. A second request with a key is left to the next
 * attempt, where the first one has an outcome.
 */
export function* oncePerKey<Request extends MaybeKeyed>(
  requests: readonly Request[],
  earlier: ReadonlyMap<IdempotencyKey, Outcome<WriteResult>>,
): Generator<[Request, Outcome<WriteResult> | undefined]> {
  const used = new Set<string>();
  for (const request of requests) {
    const { idempotency } = request;
    const replay = idempotency && earlier.get(idempotency);
    if (idempotency && !replay) {
      if (used.has(keyId(idempotency))) continue;
      used.add(keyId(idempotency));
    }
    yield [request, replay];
  }
}

/** The rejection that a replay gets again; undefined for other errors, and for an invalid text, which is not recorded. */
export function rejectionOf(error: unknown): RejectionRecord | undefined {
  if (!(error instanceof DomainError) || error instanceof InvalidText) return undefined;
  const { code, message: detail, facts } = error;
  return { code, detail, facts };
}

function replayOf({ fingerprint }: IdempotencyKey, row: EarlierRow): Outcome<WriteResult> {
  if (!row.fingerprint.equals(fingerprint)) return { error: new IdempotencyKeyReused() };
  if (!row.rejection) return { value: { incident: toIncident(row), isReplay: true } };
  const { code, detail, facts } = row.rejection;
  return { error: new ReplayedError(code, detail, facts) };
}
