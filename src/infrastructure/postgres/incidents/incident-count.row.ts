import { Column, Entity, PrimaryColumn } from 'typeorm';
import { INCIDENT_SOURCES, type IncidentSource } from '../../../domain/incident/incident-source.js';
import { INCIDENT_STATUSES, type IncidentStatus } from '../../../domain/incident/incident-status.js';

const PRIMARY_KEY = { primaryKeyConstraintName: 'incident_counts_pkey' };

/** A shard of the count of a status and a source. The database keeps it; nobody else writes it. */
@Entity({ name: 'incident_counts' })
export class IncidentCountRow {
  @PrimaryColumn({ ...PRIMARY_KEY, type: 'enum', enum: INCIDENT_STATUSES, enumName: 'incident_status' })
  status: IncidentStatus;

  @PrimaryColumn({ ...PRIMARY_KEY, type: 'enum', enum: INCIDENT_SOURCES, enumName: 'incident_source' })
  source: IncidentSource;

  @PrimaryColumn({ ...PRIMARY_KEY, type: 'smallint' })
  shard: number;

  @Column('bigint')
  count: number;
}
