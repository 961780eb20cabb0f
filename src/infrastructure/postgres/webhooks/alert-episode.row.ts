import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A row of `alert_episodes`: the start times of the latest episodes of an alert. */
@Entity({ name: 'alert_episodes' })
@Index('alert_episodes_at', ['at'])
export class AlertEpisodeRow {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'alert_episodes_pkey' })
  dedup_key: string;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  reported: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  resolved: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  resolved_at: Date | null;

  /** When it was last recorded. */
  @Column({ type: 'timestamptz', precision: 3 })
  at: Date;
}
