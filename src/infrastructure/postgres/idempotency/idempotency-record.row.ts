import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { DomainErrorCode } from '../../../domain/domain-error.js';
import { INCIDENT_STATUSES, type IncidentStatus } from '../../../domain/incident/incident-status.js';

/** A rejection as the first request got it, for replays. */
export interface RejectionRecord {
  readonly code: DomainErrorCode;
  readonly detail: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A row of `idempotency_records`: the outcome of a request with an idempotency key. */
@Entity({ name: 'idempotency_records' })
@Index('idempotency_records_at', ['at'])
@Check('idempotency_records_fingerprint_length', 'length(fingerprint) = 32')
@Check(
  'idempotency_records_one_outcome',
  `CASE WHEN rejection IS NULL THEN incident_id IS NOT NULL AND version IS NOT NULL
   ELSE incident_id IS NULL AND version IS NULL END`,
)
export class IdempotencyRecordRow {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'idempotency_records_pkey' })
  scope: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'idempotency_records_pkey' })
  key: string;

  @Column('bytea')
  fingerprint: Buffer;

  @Column({ type: 'timestamptz', precision: 3 })
  at: Date;

  /** The incident that the request created or changed, and its version after that. */
  @Column('bigint', { nullable: true })
  incident_id: number | null;

  @Column('integer', { nullable: true })
  version: number | null;

  /**
   * The state of the incident after the request. The columns from here to `closed_at` are null at version 1: the first event of the
   * history has that state.
   */
  @Column({ type: 'enum', enum: INCIDENT_STATUSES, enumName: 'incident_status', nullable: true })
  status: IncidentStatus | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  updated_at: Date | null;

  @Column('integer', { nullable: true })
  occurrences: number | null;

  /** Also null if no duplicate had been reported by then. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  last_seen_at: Date | null;

  /** In code points: a description only grows, so the earlier description is the start of the current one. */
  @Column('integer', { nullable: true })
  description_length: number | null;

  @Column('boolean', { nullable: true })
  urgent: boolean | null;

  @Column('text', { nullable: true })
  assignee: string | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  taken_at: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  resolved_at: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  closed_at: Date | null;

  @Column('jsonb', { nullable: true })
  rejection: RejectionRecord | null;
}
