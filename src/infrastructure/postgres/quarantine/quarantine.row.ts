import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { INCIDENT_CHANNELS, type IncidentChannel } from '../../../domain/incident/incident-channel.js';
import { QUARANTINE_STATES, type QuarantineState } from '../../../domain/quarantine/quarantined-message.js';

/** A row of `intake_quarantine`. */
@Entity({ name: 'intake_quarantine' })
// With a digest of the payload, which TypeORM cannot say.
@Index('intake_quarantine_piece', { synchronize: false })
@Index('intake_quarantine_settled_at', ['settled_at'], { where: `state <> 'pending'` })
@Index('intake_quarantine_state', ['state', 'channel', 'id'])
@Check(
  'intake_quarantine_settled',
  `(state = 'pending') = (settled_at IS NULL) AND (state = 'pending') = (settled_by IS NULL)`,
)
export class QuarantineRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'intake_quarantine_pkey',
  })
  id: number;

  @Column({ type: 'enum', enum: INCIDENT_CHANNELS, enumName: 'incident_channel' })
  channel: IncidentChannel;

  @Column('text')
  reference: string;

  @Column('text')
  reason: string;

  @Column('bytea')
  payload: Buffer;

  /** The names, and the values in base64. */
  @Column('json', { default: [] })
  headers: readonly (readonly [name: string, value: string])[];

  @Column({ type: 'timestamptz', precision: 3 })
  at: Date;

  @Column({ type: 'enum', enum: QUARANTINE_STATES, enumName: 'quarantine_state', default: 'pending' })
  state: QuarantineState;

  @Column('text', { nullable: true })
  settled_by: string | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  settled_at: Date | null;
}
