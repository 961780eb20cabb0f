import { Entity, PrimaryColumn } from 'typeorm';

/** A row of `channels`: a way by which reports arrive. */
@Entity({ name: 'channels' })
export class ChannelRow {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'channels_pkey' })
  name: string;
}
