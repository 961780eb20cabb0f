import { globSync, readFileSync } from 'node:fs';
import { SERVICE_TABLES } from '../../../src/infrastructure/postgres/schema/privileges.js';

const TABLES = SERVICE_TABLES.join('|');

/** The tables that a source names, each also by its alias. */
function namesIn(source: string): string[] {
  const named = source.matchAll(
    new RegExp(`\\b(?:FROM|JOIN|INTO|UPDATE|,)\\s+(${TABLES})(?:\\s+AS\\s+(\\w+))?`, 'g'),
  );
  return [...named].flatMap(([, table, alias]) => [table!, alias ?? table!]);
}

/** The expressions that read all columns of a table, those included that a later version adds. */
function allColumns(source: string): string[] {
  const ofNames = namesIn(source).map((name) => `\\b${name}\\.\\*`);
  const patterns = [...ofNames, `SELECT\\s+\\*\\s+FROM\\s+(?:${TABLES})\\b`, 'RETURNING\\s+\\*'];
  return patterns.flatMap((pattern) => source.match(new RegExp(pattern, 'g')) ?? []);
}

describe('the SQL of the service', () => {
  // PostgreSQL rejects a prepared statement whose result type has changed: "cached plan must not change result type".
  it.each(globSync('src/**/*.ts'))('names the columns that it reads: %s', (path) => {
    expect(allColumns(readFileSync(path, 'utf8'))).toEqual([]);
  });

  it.each([
    'SELECT * FROM incidents',
    'SELECT event.* FROM waiting JOIN incident_events AS event USING (seq)',
    'UPDATE incidents SET status = $1 RETURNING *',
  ])('fails this test if it reads all columns: %s', (sql) => expect(allColumns(sql)).toHaveLength(1));
});
