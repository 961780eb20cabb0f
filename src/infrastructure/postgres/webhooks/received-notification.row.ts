import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { IncidentChannel } from '../../../domain/incident/incident-channel.js';
import { ChannelRow } from '../incidents/channel.row.js';

/** A row of `received_notifications`: the number of times that a notification with these bytes was processed completely. */
@Entity({ name: 'received_notifications' })
@Index('received_notifications_at', ['at'])
@Check('received_notifications_completed_positive', 'completed > 0')
export class ReceivedNotificationRow {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'received_notifications_pkey' })
  @ForeignKey(() => ChannelRow, { name: 'received_notifications_channel_fkey' })
  channel: IncidentChannel;

  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'received_notifications_pkey' })
  digest: Buffer;

  @Column('integer')
  completed: number;

  @Column({ type: 'timestamptz', precision: 3 })
  at: Date;
}
