import type { IncidentId } from '../../../domain/incident/incident-state.js';
import type { Incident } from '../../../domain/incident/incident.js';
import type { Database } from '../connection/database.js';
import type { Statement } from '../connection/statement.js';
import type { IncidentRow } from './incident-columns.js';
import { FIND } from './incident-statements.js';
import { toIncident } from './incident.mapper.js';

/** The incidents that a statement selects. */
export async function selectIncidents(
  database: Database,
  statement: Statement,
  values: readonly unknown[],
  deadline?: number,
): Promise<Incident[]> {
  return (await database.query<IncidentRow>(statement, values, deadline)).map(toIncident);
}

/** The current incidents with these ids. */
export async function findIncidents(
  database: Database,
  ids: readonly IncidentId[],
  deadline: number,
): Promise<ReadonlyMap<IncidentId, Incident>> {
  const found = await selectIncidents(database, FIND, [[...new Set(ids)]], deadline);
  return new Map(found.map((incident) => [incident.id, incident]));
}
