import { Check, Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** A row of `feed`: events that were placed together, at consecutive positions. */
@Entity({ name: 'feed' })
export class FeedRow {
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'feed_pkey' })
  last_position: number;

  @Column('bigint', { array: true })
  incident_ids: number[];

  @Column('integer', { array: true })
  seqs: number[];

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  placed_at: Date;
}

/** A row of `feed_queue`: the events of one statement, which have no position yet. A trigger inserts it. */
@Entity({ name: 'feed_queue' })
export class FeedQueueRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'feed_queue_pkey',
  })
  number: number;

  @Column('bigint', { array: true })
  incident_ids: number[];

  @Column('integer', { array: true })
  seqs: number[];
}

/** The only row of `feed_state`. */
@Entity({ name: 'feed_state' })
@Check('feed_state_one_row', 'is_only')
export class FeedStateRow {
  @PrimaryColumn('boolean', { default: true, primaryKeyConstraintName: 'feed_state_pkey' })
  is_only: boolean;

  /** Positions of another epoch do not belong to this feed. */
  @Column('bigint')
  epoch: number;

  /** Positions up to this one are no longer in the feed. */
  @Column('bigint', { default: 0 })
  trimmed_to: number;

  /** The position of the newest event. */
  @Column('bigint', { default: 0 })
  latest: number;
}

/** A row of `feed_consumers`: a named reader, and the position up to which it has read. */
@Entity({ name: 'feed_consumers' })
export class FeedConsumerRow {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'feed_consumers_pkey' })
  name: string;

  /** The principal of the access key that created it; null for a consumer inside the service. */
  @Column('text', { nullable: true })
  owner: string | null;

  @Column('bigint')
  position: number;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at: Date;

  /** When its position was last stored, or a process last renewed its lease. */
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  last_seen_at: Date;

  /** The process that holds the lease. */
  @Column('uuid', { nullable: true })
  leased_by: string | null;

  /** When the lease ends. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  leased_until: Date | null;
}
