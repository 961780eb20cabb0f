import type { Client } from 'pg';
import type { Entry } from './ledger.ts';

/** The differences between the database and the acknowledged requests. */
export interface Verdict {
  /** Acknowledged, but missing. */
  readonly lost: number;
  /** Stored more often than acknowledged. */
  readonly duplicated: number;
  /** Stored with another text, status, source, version or order than acknowledged. */
  readonly altered: number;
  /** Counts that differ from the rows. */
  readonly miscounted: number;
  /** Responses that no client should get. */
  readonly unexpected: number;
  /** The first differences, for people. */
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
    entries.filter((entry) => 'id' in entry),
    ({ id }) => id,
  );
  const unanswered = new Set(entries.flatMap((entry) => (entry.kind === 'unanswered' ? entry.text : [])));
  const totals = { lost: 0, duplicated: 0, altered: 0 };
  const examples = unexpected.map(({ request, answer }) => `unexpected: ${request} got ${answer}`);
  const note = (kind: keyof typeof totals, difference: string) => {
    totals[kind]++;
    examples.push(`${kind}: ${difference}`);
  };

  for (const [id, ownEntries] of acknowledged) {
    const expected = ownEntries.filter(({ kind }) => kind !== 'rejected').map(entryText);
    const history = histories.get(id) ?? [];
    const actual = history.map(eventText);
    const unmatched = [...actual];
    for (const each of expected) {
      const at = unmatched.indexOf(each);
      if (at === -1) note('lost', `incident ${id}, ${each}`);
      else unmatched.splice(at, 1);
    }
    for (const each of unmatched) note('duplicated', `incident ${id}, ${each}`);
    const incident = found.get(id);
    if (unmatched.length > 0 || actual.length !== expected.length || !incident) continue;
    const state = stateOf(ownEntries, history);
    if (actual.join('\n') !== expected.join('\n')) note('altered', `incident ${id}, order of its history`);
    else if (JSON.stringify(state) !== JSON.stringify(incident)) {
      note('altered', `${JSON.stringify(incident)} should be ${JSON.stringify(state)}`);
    }
  }
  for (const { id, description } of incidents) {
    if (!acknowledged.has(id) && !unanswered.delete(description))
      note('duplicated', `incident ${id} was never acknowledged: ${description}`);
  }
  return {
    ...totals,
    miscounted: miscounts.length,
    unexpected: unexpected.length,
    examples: examples.slice(0, MAX_EXAMPLES),
  };
}

/** An acknowledged entry in the same form as `eventText`. */
function entryText(entry: Entry): string {
  if (entry.kind === 'transitioned') return `status ${entry.status} as version ${entry.version}`;
  if (entry.kind === 'appended') return `appended "${entry.text}" as version ${entry.version}`;
  return entry.kind === 'reported' ? `reported "${entry.text}"` : entry.kind;
}

function eventText({ type, seq, to_status, text }: EventRow): string {
  if (type === 'status_changed') return `status ${to_status} as version ${seq}`;
  return type === 'reported' ? `reported "${text}"` : `appended "${text}" as version ${seq}`;
}

/** The state of the incident after its acknowledged changes. */
function stateOf(entries: readonly Entry[], history: readonly EventRow[]): IncidentRow {
  const reported = entries.find((entry) => entry.kind === 'reported')!;
  return {
    id: reported.id,
    description: entries.flatMap((entry) => ('text' in entry ? entry.text : [])).join('\n'),
    status: entries.findLast((entry) => entry.kind === 'transitioned')?.status ?? 'NEW',
    source: reported.source,
    version: history.length,
  };
}
