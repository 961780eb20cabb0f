import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One ordered feed of all events for any number of readers. It replaces the outbox, which served one.
 *
 * A change queues its events in its own transaction. The service then moves queued rows into the feed, one transaction at a
 * time. Positions are therefore in commit order, and no event appears later behind a reader.
 *
 * - `feed` has one row for up to a hundred events that were placed together, under the position of the last one. A row per event
 *   would cost each report a further insert and index entry.
 * - `feed_queue` has one row for each statement that changed incidents. Its number orders the events of an incident, because a
 *   change holds the lock of the incident's row.
 * - `feed_state` has one row: the start, the end and the epoch of the feed. The epoch is the time of this migration or of the
 *   last restore, so the service recognizes positions from before a restore or from another database.
 * - `feed_consumers` has the position of each named reader. A registered Kafka relay starts with the events that waited in the
 *   outbox.
 *
 * The relay of the previous release does not work on this schema: stop its workers first.
 */
export class CreateFeed1766100000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- First, since it waits for changes that still write to the outbox.
      DROP TRIGGER incident_events_queue ON incident_events;
      DROP FUNCTION queue_events;

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
        -- It is almost always empty: a low threshold lets the space of deleted rows be reused soon.
      ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

      CREATE TABLE feed_state (
        is_only boolean NOT NULL DEFAULT true,
        epoch bigint NOT NULL,
        trimmed_to bigint NOT NULL DEFAULT 0,
        latest bigint NOT NULL DEFAULT 0,
        CONSTRAINT feed_state_pkey PRIMARY KEY (is_only),
        CONSTRAINT feed_state_one_row CHECK (is_only)
        -- It is updated up to fifty times a second, and should stay on one page.
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

      INSERT INTO feed_consumers (name, position, created_at, last_seen_at)
        SELECT name, 0, since, last_seen_at FROM event_consumers;
      INSERT INTO feed_queue (incident_ids, seqs)
        SELECT array_agg(incident_id ORDER BY incident_id, seq), array_agg(seq ORDER BY incident_id, seq)
        FROM (
          SELECT incident_id, seq, (row_number() OVER (ORDER BY incident_id, seq) - 1) / 100 AS part FROM event_outbox
        ) AS waiting
        GROUP BY part ORDER BY part;
      DROP TABLE event_shards;
      DROP TABLE event_outbox;
      DROP TABLE event_consumers;

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

      CREATE TABLE event_consumers (
        name text NOT NULL,
        since timestamptz(3) NOT NULL,
        last_seen_at timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT event_consumers_pkey PRIMARY KEY (name)
      );
      CREATE TABLE event_outbox (
        shard smallint NOT NULL,
        incident_id bigint NOT NULL,
        seq integer NOT NULL,
        at timestamptz(3) NOT NULL,
        CONSTRAINT event_outbox_pkey PRIMARY KEY (shard, incident_id, seq)
      ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
      CREATE TABLE event_shards (
        shard smallint NOT NULL,
        leased_by uuid,
        leased_until timestamptz NOT NULL,
        CONSTRAINT event_shards_pkey PRIMARY KEY (shard)
      ) WITH (fillfactor = 20);
      INSERT INTO event_shards (shard, leased_until) SELECT generate_series(0, 15), now();

      -- The outbox serves only Kafka.
      INSERT INTO event_consumers (name, since, last_seen_at)
        SELECT name, created_at, last_seen_at FROM feed_consumers WHERE name = 'kafka';
      INSERT INTO event_outbox (shard, incident_id, seq, at)
        SELECT incident_id % 16, incident_id, seq, at
        FROM (
          SELECT event.incident_id, event.seq
          FROM feed, unnest(incident_ids, seqs) WITH ORDINALITY AS event (incident_id, seq, n)
          WHERE last_position - cardinality(incident_ids) + n > (SELECT position FROM feed_consumers WHERE name = 'kafka')
          UNION ALL
          SELECT unnest(incident_ids), unnest(seqs) FROM feed_queue WHERE EXISTS (SELECT FROM event_consumers)
        ) AS waiting JOIN incident_events USING (incident_id, seq);

      CREATE FUNCTION queue_events() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM event_consumers) THEN
          INSERT INTO event_outbox (shard, incident_id, seq, at)
            SELECT incident_id % 16, incident_id, seq, at FROM added;
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER incident_events_queue AFTER INSERT ON incident_events
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION queue_events();

      DROP TABLE feed_consumers;
      DROP TABLE feed_state;
      DROP TABLE feed_queue;
      DROP TABLE feed;
    `);
  }
}
