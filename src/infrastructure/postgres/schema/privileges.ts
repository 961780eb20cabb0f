import type { Client } from 'pg';
import { columnNames } from '../connection/array-parameters.js';
import { POLICY_COLUMNS } from '../attention/postgres-attention-policies.js';
import { CHANGED_COLUMNS } from '../incidents/incident-columns.js';
import { COUNTS } from '../statistics/statistics-statements.js';

/** What changes of a heartbeat: everything but its name and when it was created. */
const HEARTBEAT_UPDATES = `token_digest, every_ms, cron, time_zone, grace_ms, source, urgent, description, changed_at, last_seq,
  start_seq, start_at, success_seq, success_at, failure_seq, failure_at, exit_code, handled_seq, problem, problem_since, incident_id, due_at`;

/**
 * The privileges of the service's role: it cannot alter tables or history, and it can update only the columns of incidents and
 * keys that change.
 */
const PRIVILEGES: Readonly<Record<string, string>> = {
  channels: 'SELECT, INSERT',
  incidents: `SELECT, INSERT, UPDATE (${columnNames(CHANGED_COLUMNS)})`,
  incident_events: 'SELECT, INSERT',
  incident_counts: 'SELECT, INSERT, UPDATE (count)',
  // Deletion of old records locks them first, for which PostgreSQL requires the privilege to update a column.
  idempotency_records: 'SELECT, INSERT, UPDATE (at), DELETE',
  access_keys: 'SELECT, INSERT, UPDATE (revoked_at, last_used_at, sealed_webhook_secret)',
  // For the same reason as with idempotency records.
  signature_nonces: 'SELECT, INSERT, UPDATE (created_at), DELETE',
  sessions: 'SELECT, INSERT, UPDATE (last_used_at), DELETE',
  // For the same reason as with idempotency records.
  sign_in_tokens: 'SELECT, INSERT, UPDATE (expires_at), DELETE',
  intake_quarantine: 'SELECT, INSERT, UPDATE (state, resolved_by, resolved_at), DELETE',
  // For the same reason as with idempotency records.
  received_notifications: 'SELECT, INSERT, UPDATE (completed, at), DELETE',
  alert_episodes: 'SELECT, INSERT, UPDATE (reported, resolved, resolved_at, at), DELETE',
  feed: 'SELECT, INSERT, DELETE',
  feed_queue: 'SELECT, INSERT, DELETE',
  feed_state: 'SELECT, UPDATE (epoch, timeline, trimmed_to, latest)',
  feed_consumers:
    'SELECT, INSERT, UPDATE (position, metadata, last_seen_at, leased_by, leased_until), DELETE',
  duplicate_chats: 'SELECT, INSERT',
  incident_statistics_queue: 'SELECT, INSERT, DELETE',
  incident_statistics: `SELECT, INSERT, UPDATE (${COUNTS.join(', ')})`,
  incident_durations: 'SELECT, INSERT, UPDATE (take, resolve)',
  timers: 'SELECT, INSERT, UPDATE (version, due_at, taken_until), DELETE',
  attention_policies: `SELECT, INSERT, UPDATE (${columnNames(POLICY_COLUMNS)}), DELETE`,
  changed_policies: 'SELECT, INSERT, UPDATE (number), DELETE',
  heartbeats: `SELECT, INSERT, UPDATE (${HEARTBEAT_UPDATES}), DELETE`,
  heartbeat_outputs: 'SELECT, INSERT, UPDATE (seq, at, kind, exit_code, output)',
  heartbeat_watch: 'SELECT, INSERT, UPDATE (looked_at)',
  heartbeat_outages: 'SELECT, INSERT, DELETE',
  imports: 'SELECT, INSERT, UPDATE (settings, position, accepted, rejected, finished_at)',
  attachments: 'SELECT, INSERT',
  attachment_chunks: 'SELECT, INSERT',
  object_uploads: 'SELECT, INSERT, UPDATE (expires_at, is_expired), DELETE',
  migrations: 'SELECT',
};

/** All tables of the service. */
export const SERVICE_TABLES: readonly string[] = Object.keys(PRIVILEGES);

/** Grants the role the privileges that the service needs, and revokes all others, by a connection of the tables' owner. */
export async function grantPrivileges(owner: Client, role: string): Promise<void> {
  const name = owner.escapeIdentifier(role);
  const statements = Object.entries(PRIVILEGES).map(
    ([table, privileges]) =>
      `REVOKE ALL ON ${table} FROM ${name}; GRANT ${privileges} ON ${table} TO ${name};`,
  );
  // One message is one transaction: the role is never visible without its privileges.
  await owner.query(
    `${statements.join('\n')}\nGRANT USAGE ON SEQUENCE incidents_id_seq, attachments_id_seq TO ${name};`,
  );
}

/** The current role of this connection. */
export async function roleOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ role: string }>('SELECT current_user AS role');
  return rows[0]!.role;
}
