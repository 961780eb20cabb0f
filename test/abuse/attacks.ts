import type { Client } from 'pg';
import type { AttackCounts } from './attacker/attack-counts.ts';

/** The outcome of an attack. */
export interface AttackOutcome {
  readonly seconds: number;
  readonly logBytes: number;
  readonly counts: AttackCounts;
  readonly database: Client;
}

/** An attack and its checks; `attacker/` contains its implementation. */
export interface Attack {
  readonly name: string;
  /** The rows that it requires. */
  readonly needs?: 'incidents' | 'duplicates';
  /** The query of the lists that the victim requests. */
  readonly list?: string;
  /** A further target. @returns how it was missed, or undefined. */
  readonly check?: (outcome: AttackOutcome) => Promise<string | undefined> | string | undefined;
}

/** The text of the incident with many duplicates. */
export const DUPLICATE_TEXT = 'Насос 17 не отвечает';

const MEGABYTE = 1e6;
/** The maximum size of the quarantine of one channel, including its index and row headers. */
const MAX_QUARANTINE_BYTES = 400 * MEGABYTE;
const MAX_LOG_BYTES_PER_SECOND = MEGABYTE;

const list: readonly Attack[] = [
  { name: 'blank-lines' },
  { name: 'gzip-bombs' },
  { name: 'unread-answers' },
  { name: 'long-texts-2-streams' },
  { name: 'long-texts-40-streams' },
  { name: 'readiness-pipelined' },
  { name: 'searches', needs: 'incidents' },
  {
    name: 'duplicates',
    needs: 'duplicates',
    list: `?q=${encodeURIComponent(DUPLICATE_TEXT)}`,
    check: ({ counts }) => (counts.failed > 0 ? `${counts.failed} of its searches failed` : undefined),
  },
  {
    name: 'quarantine-flood',
    check: async ({ database }) => {
      const { rows } = await database.query<{ bytes: number }>(
        `SELECT pg_total_relation_size('intake_quarantine')::float8 AS bytes`,
      );
      const { bytes } = rows[0]!;
      return bytes > MAX_QUARANTINE_BYTES ? `the quarantine has ${megabytes(bytes)} MB` : undefined;
    },
  },
  {
    name: 'replayed-lines',
    check: ({ counts }) => (counts.failed > 0 ? `${counts.failed} of its lines failed` : undefined),
  },
  { name: 'stalled-bodies' },
  { name: 'long-polls' },
  {
    name: 'client-errors',
    check: ({ logBytes, seconds }) =>
      logBytes > MAX_LOG_BYTES_PER_SECOND * seconds ? `it logged ${megabytes(logBytes)} MB` : undefined,
  },
];

/** All attacks, by name. */
export const ATTACKS: Readonly<Record<string, Attack>> = Object.fromEntries(
  list.map((attack) => [attack.name, attack]),
);

function megabytes(bytes: number): string {
  return (bytes / MEGABYTE).toFixed(0);
}
