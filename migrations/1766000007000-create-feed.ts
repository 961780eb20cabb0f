import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One ordered feed of all events, for any number of readers (docs/adr/0028).
 *
 * A change queues its events in its own transaction. The service then moves queued rows into the feed, one transaction at a
 * time: so the positions of the feed are in the order of their commits, and a reader never finds an event behind it later.
 *
 * - `feed` has a row for up to a hundred events that were placed together, under the position of the last one: a row for each
 *   would cost every report one more insertion and one more index entry.
 * - `feed_queue` has one row for each statement that changed incidents. Its number gives the order of the events of one
 *   incident: a transaction that changes an incident locks its row.
 * - `feed_state` has one row: the first and the last position, and the epoch. The epoch is the time of this migration, and of
 *   each restore: it reveals positions from before a restore, and from another database.
 * - `feed_consumers` has the position of each named reader.
 */
export class CreateFeed1766000007000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE feed (
        last_position bigint NOT NULL,
        incident_ids bigint[] NOT NULL,
        seqs integer[] NOT NULL,
        placed_at timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT feed_pkey PRIMARY KEY (last_position)
      );

      CREATE TABLE feed_queue (
        number bigint GENERATED ALWAYS AS IDENTITY,
        incident_ids bigint[] NOT NULL,
        seqs integer[] NOT NULL,
        CONSTRAINT feed_queue_pkey PRIMARY KEY (number)
        -- It is almost always empty: vacuum soon, so that the space of its rows is reused.
      ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

      CREATE TABLE feed_state (
        is_only boolean NOT NULL DEFAULT true,
        epoch bigint NOT NULL,
        trimmed_to bigint NOT NULL DEFAULT 0,
        latest bigint NOT NULL DEFAULT 0,
        CONSTRAINT feed_state_pkey PRIMARY KEY (is_only),
        CONSTRAINT feed_state_one_row CHECK (is_only)
        -- It is updated up to fifty times a second, and should stay in one page.
      ) WITH (fillfactor = 10);
      INSERT INTO feed_state (epoch) VALUES (extract(epoch FROM now())::bigint);

      CREATE TABLE feed_consumers (
        name text NOT NULL,
        owner text,
        position bigint NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        last_seen_at timestamptz(3) NOT NULL DEFAULT now(),
        leased_by uuid,
        leased_until timestamptz(3),
        CONSTRAINT feed_consumers_pkey PRIMARY KEY (name)
      ) WITH (fillfactor = 50);

      CREATE FUNCTION queue_for_feed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO feed_queue (incident_ids, seqs) SELECT array_agg(incident_id), array_agg(seq) FROM added HAVING count(*) > 0;
        RETURN NULL;
      END $$;

      CREATE TRIGGER incident_events_queue AFTER INSERT ON incident_events
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION queue_for_feed();

      -- Finds the status of an incident after one of its events, however many duplicate reports are in between.
      CREATE INDEX incident_events_status_changes ON incident_events (incident_id, seq) WHERE to_status IS NOT NULL;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX incident_events_status_changes;
      DROP TRIGGER incident_events_queue ON incident_events;
      DROP FUNCTION queue_for_feed;
      DROP TABLE feed_consumers;
      DROP TABLE feed_state;
      DROP TABLE feed_queue;
      DROP TABLE feed;
    `);
  }
}
