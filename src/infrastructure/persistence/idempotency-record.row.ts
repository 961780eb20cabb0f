import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { DomainErrorCode } from '../../domain/domain-error.js';

/** A refusal as it was told, to be told again. */
export interface RefusalRecord {
  readonly code: DomainErrorCode;
  readonly detail: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A row of `idempotency_records`: what became of a request with an idempotency key. */
@Entity({ name: 'idempotency_records' })
@Index('idempotency_records_at', ['at'])
@Check('idempotency_records_fingerprint_length', 'length(fingerprint) = 32')
@Check(
  'idempotency_records_one_outcome',
  `CASE WHEN refusal IS NULL THEN incident_id IS NOT NULL AND version IS NOT NULL
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

  /** The incident that the request has made or changed, and its version since. */
  @Column('bigint', { nullable: true })
  incident_id: number | null;

  @Column('integer', { nullable: true })
  version: number | null;

  @Column('jsonb', { nullable: true })
  refusal: RefusalRecord | null;
}
