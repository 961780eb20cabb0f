import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { INCIDENT_CHANNELS, type IncidentChannel } from '../../../domain/incident/incident-channel.js';
import { INCIDENT_SOURCES, type IncidentSource } from '../../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES, type IncidentStatus } from '../../../domain/incident/incident-status.js';

/** A row of `incidents`; the migrations make the table, and a check holds the two together. */
@Entity({ name: 'incidents' })
@Check('incidents_description_length', 'char_length(description) BETWEEN 1 AND 100000')
@Check('incidents_version_positive', 'version > 0')
@Check('incidents_dedup_key_length', 'char_length(dedup_key) BETWEEN 1 AND 255')
@Check('incidents_occurrences_positive', 'occurrences > 0')
@Index('incidents_open_dedup_key', ['dedup_key', 'channel'], {
  unique: true,
  where: `dedup_key IS NOT NULL AND status <> 'CLOSED'`,
})
@Index('incidents_dedup_key', ['dedup_key', 'created_at', 'id'], { where: 'dedup_key IS NOT NULL' })
@Index('incidents_created_at', ['created_at', 'id'], { where: 'id > 0' })
@Index('incidents_status_source_created_at', ['status', 'source', 'created_at', 'id'])
export class IncidentRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'incidents_pkey',
  })
  id: number;

  @Column('text')
  description: string;

  @Column({ type: 'enum', enum: INCIDENT_STATUSES, enumName: 'incident_status' })
  status: IncidentStatus;

  @Column({ type: 'enum', enum: INCIDENT_SOURCES, enumName: 'incident_source' })
  source: IncidentSource;

  @Column({ type: 'enum', enum: INCIDENT_CHANNELS, enumName: 'incident_channel', default: 'rest' })
  channel: IncidentChannel;

  @Column('integer')
  version: number;

  @Column({ type: 'timestamptz', precision: 3 })
  created_at: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  updated_at: Date;

  @Column('text', { nullable: true })
  dedup_key: string | null;

  @Column('integer', { default: 1 })
  occurrences: number;

  /** Null where nothing was reported after `created_at`. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  last_seen_at: Date | null;

  @Column('bigint', { nullable: true })
  previous_id: number | null;

  /** The transaction that created it; null where an earlier version did. The database sets it. TypeORM compares defaults without their casts. */
  @Column('bigint', { nullable: true, default: () => '((pg_current_xact_id()))' })
  created_xid: number | null;
}
