import type { Client } from 'pg';
import type { Tally } from './attacker/tally.ts';

/** What an attack has left behind, when it is over. */
export interface Aftermath {
  readonly seconds: number;
  readonly logBytes: number;
  /** What the attacker has counted. */
  readonly tally: Tally;
  readonly database: Client;
}

/** An attack, as the run sees it; what the attacker does is in `attacker/`. */
export interface Attack {
  readonly name: string;
  /** The rows that must be there first. */
  readonly needs?: 'incidents' | 'duplicates';
  /** What the victim lists beside its creates. */
  readonly list?: string;
  /** What else must hold; undefined where it does. */
  readonly check?: (aftermath: Aftermath) => Promise<string | undefined> | string | undefined;
}

/** The text of the incident that is reported again and again. */
export const REPEATED_TEXT = 'Насос 17 не отвечает';

const MEGABYTE = 1e6;
/** What the quarantine may hold in all for one channel, with its index and the row headers. */
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
    list: `?q=${encodeURIComponent(REPEATED_TEXT)}`,
    check: ({ tally }) => (tally.failed > 0 ? `${tally.failed} of its searches failed` : undefined),
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
    name: 'keyed-lines-again',
    check: ({ tally }) => (tally.failed > 0 ? `${tally.failed} of its lines failed` : undefined),
  },
  { name: 'stalled-bodies' },
  {
    name: 'refusals',
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
