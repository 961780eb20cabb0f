import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { IncidentChannel } from '../../../domain/incident/incident-channel.js';
import { INCIDENT_EVENT_TYPES, type IncidentEventType } from '../../../domain/incident/incident-events.js';
import { INCIDENT_STATUSES, type IncidentStatus } from '../../../domain/incident/incident-status.js';
import { IncidentEntity } from './incident-columns.js';

/** A row of `incident_events`. Written once: the database refuses to change or delete it. */
@Entity({ name: 'incident_events' })
// Of a kind that TypeORM has no words for.
@Index('incident_events_search_trigrams', { synchronize: false })
@Index('incident_events_status_changes', ['incident_id', 'seq'], { where: 'to_status IS NOT NULL' })
@Check('incident_events_report_first', `(seq = 1) = (type = 'reported') AND seq > 0`)
@Check('incident_events_text_length', 'char_length(text) BETWEEN 1 AND 10000')
@Check(
  'incident_events_facts',
  `CASE type
     WHEN 'status_changed' THEN text IS NULL AND from_status IS NOT NULL AND to_status IS NOT NULL
     WHEN 'reopened' THEN text IS NOT NULL AND from_status IS NOT NULL AND to_status IS NOT NULL
     ELSE (text IS NOT NULL) = (type NOT IN ('assigned', 'unassigned', 'urgency_changed'))
       AND from_status IS NULL AND to_status IS NULL
   END`,
)
@Check(
  'incident_events_attention',
  `CASE type
     WHEN 'status_changed' THEN urgent IS NULL AND (assignee IS NULL OR to_status = 'IN_PROGRESS')
     WHEN 'assigned' THEN urgent IS NULL AND assignee IS NOT NULL
     WHEN 'urgency_changed' THEN urgent IS NOT NULL AND assignee IS NULL
     WHEN 'reported' THEN assignee IS NULL AND urgent IS NOT FALSE
     ELSE assignee IS NULL AND urgent IS NULL
   END`,
)
@Check(
  'incident_events_legal_transition',
  `CASE type
     WHEN 'status_changed' THEN (from_status, to_status) IN (
       ('NEW', 'IN_PROGRESS'), ('IN_PROGRESS', 'RESOLVED'), ('RESOLVED', 'IN_PROGRESS'), ('RESOLVED', 'CLOSED')
     )
     WHEN 'reopened' THEN (from_status, to_status) IN (('RESOLVED', 'IN_PROGRESS'))
     ELSE true
   END`,
)
export class IncidentEventRow {
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'incident_events_pkey' })
  incident_id: number;

  @PrimaryColumn('integer', { primaryKeyConstraintName: 'incident_events_pkey' })
  seq: number;

  @Column({ type: 'enum', enum: INCIDENT_EVENT_TYPES, enumName: 'incident_event_type' })
  type: IncidentEventType;

  @Column({ type: 'timestamptz', precision: 3 })
  at: Date;

  @Column('text')
  actor: string;

  @Column('text', { default: 'rest' })
  channel: IncidentChannel;

  /** The name of the key that was verified; null where none was, and in events from before it was recorded. */
  @Column('text', { nullable: true })
  access_key: string | null;

  /** Its id; null for the key of the environment too. */
  @Column('bigint', { nullable: true })
  access_key_id: number | null;

  @Column({ type: 'enum', enum: INCIDENT_STATUSES, enumName: 'incident_status', nullable: true })
  from_status: IncidentStatus | null;

  @Column({ type: 'enum', enum: INCIDENT_STATUSES, enumName: 'incident_status', nullable: true })
  to_status: IncidentStatus | null;

  @Column('text', { nullable: true })
  text: string | null;

  /** Who took the incident, or was assigned to it, by this event. */
  @Column('text', { nullable: true })
  assignee: string | null;

  /** What its urgency became by this event: true in the report of an urgent incident, and null in that of another. */
  @Column('boolean', { nullable: true })
  urgent: boolean | null;

  @ManyToOne(() => IncidentEntity)
  @JoinColumn({ name: 'incident_id', foreignKeyConstraintName: 'incident_events_incident_fkey' })
  incident: Relation<IncidentEntity>;
}
