import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { ALL_COLUMNS } from './incident-columns.js';

/** The table `incidents`; the migrations make it, and a test compares the two. */
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
export class IncidentEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'incidents_pkey',
  })
  id: number;

  /** The transaction that created it: the database sets it. TypeORM compares defaults without their casts. */
  @Column('bigint', { nullable: true, default: () => '((pg_current_xact_id()))' })
  created_xid: number | null;
}

for (const { name, definition } of ALL_COLUMNS) {
  if (name !== 'id') Column(definition)(IncidentEntity.prototype, name);
}
