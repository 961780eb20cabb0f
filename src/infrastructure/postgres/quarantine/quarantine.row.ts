import { Check, Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { IncidentChannel } from '../../../domain/incident/incident-channel.js';
import { QUARANTINE_STATES, type QuarantineState } from '../../../domain/quarantine/quarantined-message.js';
import { ChannelRow } from '../incidents/channel.row.js';

/** A row of `intake_quarantine`. */
@Entity({ name: 'intake_quarantine' })
// It includes a digest of the payload, which TypeORM cannot express.
@Index('intake_quarantine_message', { synchronize: false })
@Index('intake_quarantine_resolved_at', ['resolved_at'], { where: `state <> 'pending'` })
@Index('intake_quarantine_state', ['state', 'channel', 'id'])
@Check(
  'intake_quarantine_resolved',
  `(state = 'pending') = (resolved_at IS NULL) AND (state = 'pending') = (resolved_by IS NULL)`,
)
export class QuarantineRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'intake_quarantine_pkey',
  })
  id: number;

  @Column('text')
  @ForeignKey(() => ChannelRow, { name: 'intake_quarantine_channel_fkey' })
  channel: IncidentChannel;

  @Column('text')
  reference: string;

  @Column('text')
  reason: string;

  @Column('bytea')
  payload: Buffer;

  /** The names of the headers, and their values in base64. */
  @Column('json', { default: [] })
  headers: readonly (readonly [name: string, value: string])[];

  @Column({ type: 'timestamptz', precision: 3 })
  at: Date;

  @Column({ type: 'enum', enum: QUARANTINE_STATES, enumName: 'quarantine_state', default: 'pending' })
  state: QuarantineState;

  @Column('text', { nullable: true })
  resolved_by: string | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  resolved_at: Date | null;
}
