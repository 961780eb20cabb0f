import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { connectionTo, urlOf } from '../../../src/infrastructure/postgres/connection/connection.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { killLeftovers, run } from '../../support/processes.js';

const headers = { 'X-Access-Key': 'key', 'Content-Type': 'application/json' };

describe('a service with a least-privilege role', () => {
  let database: TestDatabase;
  let role: string;
  let serviceUrl: string;
  let service: Client;

  beforeAll(async () => {
    database = await aDatabase({ migrated: false });
    role = `role_${randomUUID().slice(0, 8)}`;
    await database.query(`CREATE ROLE ${role} LOGIN`);
    serviceUrl = urlOf({ ...database.connection, user: role });
    service = new Client(connectionTo(serviceUrl));
    await service.connect();
  });
  afterEach(killLeftovers);
  afterAll(async () => {
    await service.end();
    await database.query(`DROP OWNED BY ${role}`);
    await database.query(`DROP ROLE ${role}`);
    await database.drop();
  });

  it('does not start on an outdated schema that it may not migrate, and reports what is missing', async () => {
    const process = run('api', { DATABASE_URL: serviceUrl });
    expect(await process.ended()).toBe(1);
    expect(process.output().trim()).toMatch(
      new RegExp(`^The role ${role} may not bring the schema up to date: set MIGRATION_DATABASE_URL`),
    );
  });

  it('works on a schema that the owner created', async () => {
    const environment = { DATABASE_URL: serviceUrl, MIGRATION_DATABASE_URL: database.url };
    const first = run('api', environment);
    const url = await first.ready();
    const report = () =>
      fetch(`${url}/api/v1/incidents`, {
        method: 'POST',
        headers: { ...headers, 'Idempotency-Key': 'a' },
        body: '{"description":"a","source":"operator"}',
      });
    expect((await report()).status).toBe(201);
    expect((await report()).headers.get('idempotency-replayed')).toBe('true');
    const change = { method: 'PATCH', headers, body: '{"status":"IN_PROGRESS","description_append":"b"}' };
    expect((await fetch(`${url}/api/v1/incidents/1`, change)).status).toBe(200);
    expect((await fetch(`${url}/api/v1/incidents?q=aaa`, { headers })).status).toBe(200);
    expect((await fetch(`${url}/metrics`, { headers })).status).toBe(200);
    const key = { method: 'POST', headers, body: '{"name":"bot","role":"reader"}' };
    expect((await fetch(`${url}/api/v1/keys`, key)).status).toBe(201);
    expect((await fetch(`${url}/api/v1/keys/1/revoke`, { method: 'POST', headers })).status).toBe(200);
    expect(await first.end()).toBe(0);
  });

  it('does not need the owner while the schema is current', async () => {
    const again = run('api', { DATABASE_URL: serviceUrl });
    await again.ready();
    expect(await again.end()).toBe(0);
    const migrate = run('migrate', { DATABASE_URL: serviceUrl, MIGRATION_DATABASE_URL: database.url });
    expect(await migrate.ended()).toBe(0);
    expect(migrate.output()).toContain('The schema is up to date.');
  });

  it.each([
    ['DELETE FROM incidents', 'incidents'],
    ['TRUNCATE incidents CASCADE', 'incidents'],
    ["UPDATE incidents SET source = 'partner'", 'incidents'],
    ['UPDATE incidents SET created_at = now()', 'incidents'],
    ["UPDATE incident_events SET actor = 'b'", 'incident_events'],
    ['DELETE FROM incident_events', 'incident_events'],
    ['TRUNCATE incident_events', 'incident_events'],
    ['DELETE FROM incident_counts', 'incident_counts'],
    ["UPDATE idempotency_records SET fingerprint = '\\x00'", 'idempotency_records'],
    ["UPDATE access_keys SET role = 'admin'", 'access_keys'],
    ["UPDATE access_keys SET digest = sha256('a')", 'access_keys'],
    ['DELETE FROM access_keys', 'access_keys'],
    ["UPDATE feed SET seqs = '{}'", 'feed'],
    ["UPDATE feed_queue SET seqs = '{}'", 'feed_queue'],
    ['UPDATE feed_state SET is_only = true', 'feed_state'],
    ['DELETE FROM feed_state', 'feed_state'],
    ["UPDATE feed_consumers SET owner = 'key:1'", 'feed_consumers'],
    ["INSERT INTO migrations (timestamp, name) VALUES (1, 'a')", 'migrations'],
    ['ALTER TABLE incidents DROP COLUMN source', 'incidents'],
    ['ALTER TABLE incident_events DISABLE TRIGGER ALL', 'incident_events'],
    ['DROP TABLE incidents CASCADE', 'incidents'],
    ['DROP INDEX incidents_created_at', 'incidents_created_at'],
    ["SELECT setval('incidents_id_seq', 1)", 'incidents_id_seq'],
    ['CREATE TABLE mine (a int)', 'public'],
    ["SET session_replication_role = 'replica'", 'session_replication_role'],
  ])('cannot %s', async (sql, what) => {
    await expect(service.query(sql)).rejects.toThrow(
      new RegExp(`(permission denied|must be owner).* "?${what}"?`),
    );
  });
});
