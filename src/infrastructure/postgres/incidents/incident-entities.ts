import { EntitySchema, type EntitySchemaIndexOptions } from 'typeorm';
import { INCIDENT_EVENT_TYPES, REMINDER_PURPOSES } from '../../../domain/incident/incident-events.js';
import { INCIDENT_STATUSES } from '../../../domain/incident/incident-status.js';
import { ALL_COLUMNS, ENDED_UNASSIGNED } from './incident-columns.js';

const nullable = true;
const primary = true;
const bigint = { type: 'bigint' } as const;
const text = { type: 'text' } as const;
const status = { type: 'enum', enumName: 'incident_status', enum: [...INCIDENT_STATUSES] } as const;
const incidentKey = { target: 'incidents', name: 'incident_events_incident_fkey' };

const index = (name: string, columns: string[], options: EntitySchemaIndexOptions = {}) => ({
  name,
  columns,
  ...options,
});

/** TypeORM compares only the names of checks with the schema, so only the migrations have their conditions. */
const valid = (name: string) => [{ name, expression: 'true' }];

/** The incidents and their histories as TypeORM knows them: a test compares them with the migrated schema. */
export const INCIDENT_ENTITIES = [
  new EntitySchema({
    name: 'incidents',
    columns: {
      ...Object.fromEntries(ALL_COLUMNS.map(({ name, definition }) => [name, definition])),
      // TypeORM knows this strategy, but its type lacks it.
      id: { ...bigint, primary, generated: 'identity' as 'increment' },
      // The transaction that created it: the database sets it. TypeORM compares defaults without their casts.
      created_xid: { ...bigint, nullable, default: () => '((pg_current_xact_id()))' },
    },
    indices: [
      index('incidents_open_dedup_key', ['dedup_key', 'channel'], {
        unique: true,
        where: `dedup_key IS NOT NULL AND status <> 'CLOSED'`,
      }),
      index('incidents_dedup_key', ['dedup_key', 'created_at', 'id'], { where: 'dedup_key IS NOT NULL' }),
      index('incidents_created_at', ['created_at', 'id'], { where: 'id > 0' }),
      index('incidents_status_source_created_at', ['status', 'source', 'created_at', 'id']),
      // They have expressions, which TypeORM does not support.
      { name: 'incidents_attention', synchronize: false },
      { name: 'incidents_chat', synchronize: false },
      index('incidents_urgent', ['created_at', 'id'], { where: 'urgent' }),
      index('incidents_assignee', ['assignee', 'status', 'created_at', 'id'], {
        where: 'assignee IS NOT NULL',
      }),
      index('incidents_ended_unassigned', ['status', 'created_at', 'id'], { where: ENDED_UNASSIGNED }),
      index('incidents_duplicate_of', ['duplicate_of', 'created_at', 'id'], {
        where: 'duplicate_of IS NOT NULL',
      }),
      index('incidents_channel', ['channel', 'status', 'created_at', 'id'], { where: `channel <> 'rest'` }),
      index('incidents_origin', ['origin', 'created_at', 'id'], { where: 'origin IS NOT NULL' }),
    ],
    checks: valid('incidents_valid'),
  }),
  new EntitySchema({
    name: 'incident_events',
    columns: {
      incident_id: { ...bigint, primary, foreignKey: incidentKey },
      seq: { type: 'integer', primary },
      type: { type: 'enum', enumName: 'incident_event_type', enum: [...INCIDENT_EVENT_TYPES] },
      at: { type: 'timestamptz', precision: 3 },
      actor: text,
      channel: { ...text, default: 'rest' },
      // The name of the verified key; null if none was.
      access_key: { ...text, nullable },
      // Its id; null also for the key of the environment.
      access_key_id: { ...bigint, nullable },
      // In an imported report: when it was reported.
      reported_at: { type: 'timestamptz', precision: 3, nullable },
      from_status: { ...status, nullable },
      to_status: { ...status, nullable },
      text: { ...text, nullable },
      // Who took the incident, or was assigned to it, by this event.
      assignee: { ...text, nullable },
      // What its urgency became by this event; in a report, null if it is not urgent.
      urgent: { type: 'boolean', nullable },
      // The incident that this one was marked as a duplicate of, or that was marked as a duplicate of this one.
      duplicate_of: { ...bigint, nullable },
      duplicate_id: { ...bigint, nullable },
      // In a reminder: what it asks for, and how many preceded it.
      purpose: { type: 'enum', enumName: 'reminder_purpose', enum: [...REMINDER_PURPOSES], nullable },
      reminder_number: { type: 'integer', nullable },
      // In an event of a file: its number, name, type and size.
      attachment: { type: 'jsonb', nullable },
    },
    indices: [
      // It has an expression, which TypeORM does not support.
      { name: 'incident_events_search_trigrams', synchronize: false },
      index('incident_events_status_changes', ['incident_id', 'seq'], { where: 'to_status IS NOT NULL' }),
      // It has enum values, which TypeORM compares as the server prints them.
      { name: 'incident_events_stages', synchronize: false },
    ],
    checks: valid('incident_events_valid'),
  }),
];
