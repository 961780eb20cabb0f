import type { Client } from 'pg';
import type { Entry } from './ledger.ts';

/** How what is in the register differs from what was acknowledged. */
export interface Verdict {
  /** Acknowledged, and not there. */
  readonly lost: number;
  /** There, and more often than acknowledged. */
  readonly doubled: number;
  /** There, and not as acknowledged: another text, status, source, version or order. */
  readonly altered: number;
  /** Counts that are not those of the rows. */
  readonly miscounted: number;
  /** Answers that no client should get. */
  readonly unexpected: number;
  /** The first few differences, for a person. */
  readonly examples: readonly string[];
}

interface IncidentRow {
  readonly id: number;
  readonly description: string;
  readonly status: string;
  readonly source: string;
  readonly version: number;
}

interface EventRow {
  readonly incident_id: number;
  readonly seq: number;
  readonly type: string;
  readonly to_status: string | null;
  readonly text: string | null;
}

const MAX_EXAMPLES = 10;

/** Compares all ledgers with the database. */
export async function compare(entries: readonly Entry[], database: Client): Promise<Verdict> {
  const { rows: incidents } = await database.query<IncidentRow>(
    'SELECT id::float8, description, status::text, source::text, version FROM incidents',
  );
  const { rows: events } = await database.query<EventRow>(
    'SELECT incident_id::float8, seq, type::text, to_status::text, text FROM incident_events ORDER BY incident_id, seq',
  );
  const { rows: miscounts } = await database.query(`
    SELECT status, source FROM (SELECT status, source, count(*) FROM incidents GROUP BY status, source) AS counted
    FULL JOIN (SELECT status, source, sum(count) AS kept FROM incident_counts GROUP BY status, source) AS kept
      USING (status, source)
    WHERE coalesce(count, 0) <> coalesce(kept, 0)`);

  const found = new Map(incidents.map((incident) => [incident.id, incident]));
  const histories = Map.groupBy(events, ({ incident_id }) => incident_id);
  const unexpected = entries.filter((entry) => entry.kind === 'unexpected');
  const acknowledged = Map.groupBy(
    entries.filter((entry) => entry.kind !== 'unexpected'),
    ({ id }) => id,
  );
  const totals = { lost: 0, doubled: 0, altered: 0 };
  const examples = unexpected.map(({ request, answer }) => `unexpected: ${request} got ${answer}`);
  const note = (kind: keyof typeof totals, what: string) => {
    totals[kind]++;
    examples.push(`${kind}: ${what}`);
  };

  for (const [id, its] of acknowledged) {
    const expected = its.filter(({ kind }) => kind !== 'refused').map(told);
    const history = histories.get(id) ?? [];
    const actual = history.map(seen);
    const left = [...actual];
    for (const each of expected) {
      const at = left.indexOf(each);
      if (at === -1) note('lost', `incident ${id}, ${each}`);
      else left.splice(at, 1);
    }
    for (const each of left) note('doubled', `incident ${id}, ${each}`);
    const incident = found.get(id);
    if (left.length > 0 || actual.length !== expected.length || !incident) continue;
    const state = stateOf(its, history);
    if (actual.join('\n') !== expected.join('\n')) note('altered', `incident ${id}, order of its history`);
    else if (JSON.stringify(state) !== JSON.stringify(incident)) {
      note('altered', `${JSON.stringify(incident)} should be ${JSON.stringify(state)}`);
    }
  }
  for (const { id, description } of incidents) {
    if (!acknowledged.has(id)) note('doubled', `incident ${id}, which nobody was told of: ${description}`);
  }
  return {
    ...totals,
    miscounted: miscounts.length,
    unexpected: unexpected.length,
    examples: examples.slice(0, MAX_EXAMPLES),
  };
}

function told(entry: Entry): string {
  if (entry.kind === 'moved') return `moved to ${entry.status} as ${entry.version}`;
  if (entry.kind === 'appended') return `appended "${entry.text}" as ${entry.version}`;
  return entry.kind === 'reported' ? `reported "${entry.text}"` : entry.kind;
}

function seen({ type, seq, to_status, text }: EventRow): string {
  if (type === 'status_changed') return `moved to ${to_status} as ${seq}`;
  return type === 'reported' ? `reported "${text}"` : `appended "${text}" as ${seq}`;
}

/** The incident as its acknowledged history leaves it. */
function stateOf(entries: readonly Entry[], history: readonly EventRow[]): IncidentRow {
  const reported = entries.find((entry) => entry.kind === 'reported')!;
  return {
    id: reported.id,
    description: entries.flatMap((entry) => ('text' in entry ? entry.text : [])).join('\n'),
    status: entries.findLast((entry) => entry.kind === 'moved')?.status ?? 'NEW',
    source: reported.source,
    version: history.length,
  };
}
