import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { INCIDENT_SOURCES, type IncidentSource } from '../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES, type IncidentStatus } from '../../domain/incident/incident-status.js';

/** A row of `incidents`; the migrations make the table, and a check holds the two together. */
@Entity({ name: 'incidents' })
@Check('incidents_description_length', 'char_length(description) BETWEEN 1 AND 100000')
@Check('incidents_version_positive', 'version > 0')
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

  @Column('integer')
  version: number;

  @Column({ type: 'timestamptz', precision: 3 })
  created_at: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  updated_at: Date;
}
