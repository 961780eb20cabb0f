import { Column, Entity, PrimaryColumn } from 'typeorm';

const PRIMARY_KEY = { primaryKeyConstraintName: 'event_outbox_pkey' };

/** A row of `event_outbox`: an event that has not been passed on yet. The database writes it itself. */
@Entity({ name: 'event_outbox' })
export class EventOutboxRow {
  /** The incident's share of the work. */
  @PrimaryColumn({ ...PRIMARY_KEY, type: 'smallint' })
  shard: number;

  @PrimaryColumn({ ...PRIMARY_KEY, type: 'bigint' })
  incident_id: number;

  @PrimaryColumn({ ...PRIMARY_KEY, type: 'integer' })
  seq: number;

  /** When it happened. */
  @Column({ type: 'timestamptz', precision: 3 })
  at: Date;
}

/** A row of `event_consumers`: somebody for whom events are queued. */
@Entity({ name: 'event_consumers' })
export class EventConsumerRow {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'event_consumers_pkey' })
  name: string;

  @Column({ type: 'timestamptz', precision: 3 })
  since: Date;

  /** When a process last said that it works for it. */
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  last_seen_at: Date;
}

/** A row of `event_shards`: who works off this share of the queue, and until when nobody else may. */
@Entity({ name: 'event_shards' })
export class EventShardRow {
  @PrimaryColumn('smallint', { primaryKeyConstraintName: 'event_shards_pkey' })
  shard: number;

  @Column('uuid', { nullable: true })
  leased_by: string | null;

  @Column('timestamptz')
  leased_until: Date;
}
