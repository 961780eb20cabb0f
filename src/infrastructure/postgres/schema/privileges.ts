import type { Client } from 'pg';
import { columnNames } from '../connection/array-parameters.js';
import { CHANGED_COLUMNS } from '../incidents/incident-columns.js';

/**
 * What the service may do in the database, and no more: it changes no table, no history, and no more of an incident or
 * a key than changes in its life.
 */
const RIGHTS: Readonly<Record<string, string>> = {
  channels: 'SELECT, INSERT',
  incidents: `SELECT, INSERT, UPDATE (${columnNames(CHANGED_COLUMNS)})`,
  incident_events: 'SELECT, INSERT',
  incident_counts: 'SELECT, INSERT, UPDATE (count)',
  // Those who remove old records lock them first, for which PostgreSQL wants the right to update a column.
  idempotency_records: 'SELECT, INSERT, UPDATE (at), DELETE',
  access_keys: 'SELECT, INSERT, UPDATE (revoked_at, last_used_at)',
  intake_quarantine: 'SELECT, INSERT, UPDATE (state, resolved_by, resolved_at), DELETE',
  // As with the records of requests.
  received_notifications: 'SELECT, INSERT, UPDATE (completed, at), DELETE',
  alert_episodes: 'SELECT, INSERT, UPDATE (reported, resolved, resolved_at, at), DELETE',
  feed: 'SELECT, INSERT, DELETE',
  feed_queue: 'SELECT, INSERT, DELETE',
  feed_state: 'SELECT, UPDATE (latest, trimmed_to)',
  feed_consumers: 'SELECT, INSERT, UPDATE (position, last_seen_at, leased_by, leased_until), DELETE',
  migrations: 'SELECT',
};

/** All tables of the register. */
export const SERVICE_TABLES: readonly string[] = Object.keys(RIGHTS);

/** Gives the role what the service needs, by a connection of the tables' owner; what it had besides is taken away. */
export async function grantPrivileges(owner: Client, role: string): Promise<void> {
  const name = owner.escapeIdentifier(role);
  const statements = Object.entries(RIGHTS).map(
    ([table, rights]) => `REVOKE ALL ON ${table} FROM ${name}; GRANT ${rights} ON ${table} TO ${name};`,
  );
  // One message is one transaction: nobody sees the role without its rights.
  await owner.query(`${statements.join('\n')}\nGRANT USAGE ON SEQUENCE incidents_id_seq TO ${name};`);
}

/** The role that this connection works as. */
export async function roleOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ role: string }>('SELECT current_user AS role');
  return rows[0]!.role;
}
