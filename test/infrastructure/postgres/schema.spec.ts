import { ROLES } from '../../../src/domain/access/role.js';
import { INCIDENT_EVENT_TYPES, REMINDER_PURPOSES } from '../../../src/domain/incident/incident-events.js';
import { INCIDENT_SOURCES } from '../../../src/domain/incident/incident-source.js';
import { INCIDENT_STATUSES } from '../../../src/domain/incident/incident-status.js';
import { allowedFrom } from '../../../src/domain/incident/incident-state-machine.js';
import { QUARANTINE_STATES } from '../../../src/domain/quarantine/quarantined-message.js';
import { migrationDataSource } from '../../../src/infrastructure/postgres/schema/data-source.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';

const PAIRS = INCIDENT_STATUSES.flatMap((from) => INCIDENT_STATUSES.map((to) => ({ from, to })));

describe('the schema', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await aDatabase();
    await database.query(
      `INSERT INTO incidents (description, status, source, version, created_at, updated_at)
       VALUES ('a', 'NEW', 'operator', 1, now(), now())`,
    );
    await database.query(
      `INSERT INTO incident_events (incident_id, seq, type, at, actor, text) VALUES (1, 1, 'reported', now(), 'a', 'a')`,
    );
  });
  afterAll(() => database.drop());

  const move = (seq: number, from: string, to: string) =>
    database.query(
      `INSERT INTO incident_events (incident_id, seq, type, at, actor, from_status, to_status)
       VALUES (1, $1, 'status_changed', now(), 'a', $2, $3)`,
      [seq, from, to],
    );

  it('matches the entities', async () => {
    const dataSource = await migrationDataSource(database.connection).initialize();
    try {
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      expect(upQueries.map(({ query }) => query)).toEqual([]);
    } finally {
      await dataSource.destroy();
    }
  });

  it.each([
    ['access_role', ROLES],
    ['incident_event_type', INCIDENT_EVENT_TYPES],
    ['incident_source', INCIDENT_SOURCES],
    ['incident_status', INCIDENT_STATUSES],
    ['reminder_purpose', REMINDER_PURPOSES],
    ['quarantine_state', QUARANTINE_STATES],
  ])('has the values of the domain in the type %s', async (type, values) => {
    const rows = await database.query(`SELECT unnest(enum_range(NULL::${type}))::text AS value`);
    expect(rows).toEqual(values.map((value) => ({ value })));
  });

  it('can be migrated down and up again', async () => {
    const other = await aDatabase();
    const dataSource = await migrationDataSource(other.connection).initialize();
    try {
      const migrations = dataSource.migrations.length;
      for (let i = 0; i < migrations; i++) await dataSource.undoLastMigration({ transaction: 'all' });
      expect(await other.query(`SELECT tablename FROM pg_tables WHERE tablename LIKE 'incident%'`)).toEqual(
        [],
      );
      expect(await dataSource.runMigrations()).toHaveLength(migrations);
    } finally {
      await dataSource.destroy();
      await other.drop();
    }
  });

  it.each([
    'UPDATE incident_events SET actor = $$b$$',
    'DELETE FROM incident_events',
    'TRUNCATE incident_events',
  ])('rejects %s', async (sql) => {
    await expect(database.query(sql)).rejects.toThrow('the history of incidents is append-only');
  });

  it('rejects the deletion of an incident that has a history', async () => {
    await expect(database.query('DELETE FROM incidents')).rejects.toThrow('incident_events_incident_fkey');
  });

  it.each(PAIRS)('agrees with the state machine about $from → $to', async ({ from, to }) => {
    const seq = 2 + PAIRS.findIndex((pair) => pair.from === from && pair.to === to);
    if (allowedFrom(from).includes(to)) await move(seq, from, to);
    else await expect(move(seq, from, to)).rejects.toThrow('incident_events_valid');
  });

  it.each([
    ['type', `'description_appended'`],
    ['type, text', `'unassigned', 'b'`],
    ['type', `'status_changed'`],
    ['type, from_status', `'unassigned', 'NEW'`],
    ['type, from_status', `'status_changed', 'NEW'`],
    ['type, from_status, to_status', `'unassigned', 'NEW', 'IN_PROGRESS'`],
    ['type, text, from_status, to_status', `'reopened', 'b', 'NEW', 'IN_PROGRESS'`],
    ['type, text, from_status, to_status', `'reopened', 'b', 'RESOLVED', 'CLOSED'`],
    ['type', `'assigned'`],
    ['type, assignee', `'unassigned', 'b'`],
    ['type, from_status, to_status, assignee', `'status_changed', 'RESOLVED', 'CLOSED', 'b'`],
    ['type', `'urgency_changed'`],
    ['type, urgent', `'unassigned', true`],
    ['type', `'marked_as_duplicate'`],
    ['type, duplicate_id', `'unassigned', 5`],
    ['type', `'reminded'`],
    ['type, reminder_number', `'reminded', 1`],
    ['type, purpose', `'reminded', 'take'`],
    ['type, purpose, reminder_number', `'reminded', 'take', 0`],
    ['type, purpose, reminder_number', `'escalated', 'progress', 1`],
    ['type, reminder_number', `'unassigned', 1`],
    ['type, purpose, reminder_number', `'unassigned', 'take', 1`],
    ['type, text', `'reported', 'b'`],
    ['type, text', `'description_appended', ''`],
    ['type, text', `'description_appended', repeat('я', 10001)`],
    ['type, attachment', `'unassigned', '{}'`],
    ['type', `'attached'`],
  ])('rejects an event with %s: %s', async (columns, values) => {
    const insert = `INSERT INTO incident_events (incident_id, seq, at, actor, ${columns}) VALUES (1, 50, now(), 'a', ${values})`;
    await expect(database.query(insert)).rejects.toThrow('incident_events_valid');
  });

  it.each([
    ['before the report', 'seq, type', `0, 'unassigned'`],
    ['in place of the report', 'seq, type', `1, 'unassigned'`],
    ['that says that the report is not urgent', 'seq, type, text, urgent', `1, 'reported', 'b', false`],
  ])('rejects an event %s', async (_, columns, values) => {
    const insert = `INSERT INTO incident_events (incident_id, at, actor, ${columns}) VALUES (2, now(), 'a', ${values})`;
    await expect(database.query(insert)).rejects.toThrow('incident_events_valid');
  });

  it.each([
    `description = ''`,
    `description = repeat('я', 100001)`,
    'version = 0',
    'occurrences = 0',
    `dedup_key = ''`,
    `dedup_key = repeat('я', 256)`,
    `status = 'IN_PROGRESS', assignee = ''`,
    `status = 'IN_PROGRESS', assignee = repeat('я', 256)`,
    `origin = ''`,
    `origin = repeat('я', 256)`,
    `status = 'NEW', assignee = 'b'`,
    `status = 'NEW', taken_at = now()`,
    `status = 'IN_PROGRESS', resolved_at = now()`,
    `status = 'RESOLVED', closed_at = now()`,
    `status = 'RESOLVED', duplicate_of = 5`,
    `status = 'CLOSED', duplicate_of = id`,
  ])('rejects an incident with %s', async (values) => {
    await expect(database.query(`UPDATE incidents SET ${values}`)).rejects.toThrow('incidents_valid');
  });

  it('accepts the longest texts', async () => {
    const key = `repeat('я', 255)`;
    await database.query(
      `UPDATE incidents SET description = repeat('я', 100000), status = 'IN_PROGRESS', dedup_key = ${key}, assignee = ${key}, origin = ${key}`,
    );
    await database.query(
      `INSERT INTO incident_events (incident_id, seq, type, at, actor, text) VALUES (1, 60, 'description_appended', now(), 'a', repeat('я', 10000))`,
    );
  });

  it('keeps a deduplication key unique among the open incidents of its channel', async () => {
    const add = (key: string, channel: string, status = 'NEW') =>
      database.query(
        `INSERT INTO incidents (description, status, source, version, created_at, updated_at, dedup_key, channel)
         VALUES ('c', $3, 'monitoring', 1, now(), now(), $1, $2)`,
        [key, channel, status],
      );
    await add('x', 'rest', 'CLOSED');
    await add('x', 'rest');
    await add('x', 'alertmanager');
    await expect(add('x', 'rest')).rejects.toThrow('incidents_open_dedup_key');
    await expect(add('x', 'alertmanager')).rejects.toThrow('incidents_open_dedup_key');
  });

  it('rejects a quarantined message of a channel that is not registered', async () => {
    await expect(
      database.query(
        `INSERT INTO intake_quarantine (channel, reference, reason, payload, at) VALUES ('pigeon', 'a', 'a', 'a', now())`,
      ),
    ).rejects.toThrow('intake_quarantine_channel_fkey');
  });

  it('rejects a status and a source that are not in the domain', async () => {
    await expect(database.query(`UPDATE incidents SET status = 'LOST'`)).rejects.toThrow(
      'invalid input value for enum',
    );
    await expect(database.query(`UPDATE incidents SET source = 'me'`)).rejects.toThrow(
      'invalid input value for enum',
    );
  });
});
