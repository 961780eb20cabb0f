import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { INCIDENT_CHANNELS, type IncidentChannel } from '../../../domain/incident/incident-channel.js';

/** A row of `intake_deliveries`: how often a notification with these bytes has been taken in whole. */
@Entity({ name: 'intake_deliveries' })
@Index('intake_deliveries_at', ['at'])
@Check('intake_deliveries_completed_positive', 'completed > 0')
export class ReceivedNotificationRow {
  @PrimaryColumn({
    type: 'enum',
    enum: INCIDENT_CHANNELS,
    enumName: 'incident_channel',
    primaryKeyConstraintName: 'intake_deliveries_pkey',
  })
  channel: IncidentChannel;

  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'intake_deliveries_pkey' })
  digest: Buffer;

  @Column('integer')
  completed: number;

  @Column({ type: 'timestamptz', precision: 3 })
  at: Date;
}
