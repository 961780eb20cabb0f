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
 * - `feed_state` has one row: the first and the last position, and the epoch. The epoch reveals positions from before a restore,
 *   and from another database. It is the time in seconds at which it began.
 * - `feed_epoch()` begins another epoch if the server is on another timeline than before: after a recovery to a point in time, after
 *   a failover, and in a copy on another server. After a failover, events may be lost that readers have already seen.
 * - `feed_consumers` has the position of each named reader, and a text of its own (`metadata`).
 * - `duplicate_chats` has the chats where duplicates of an incident were reported: their readers follow the original. The duplicates of
 *   a duplicate count as well. Duplicates are never separated from their originals again, so its rows stay.
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
        timeline text NOT NULL,
        -- Positions up to this one are no longer in the feed.
        trimmed_to bigint NOT NULL DEFAULT 0,
        -- The position of the newest event.
        latest bigint NOT NULL DEFAULT 0,
        CONSTRAINT feed_state_pkey PRIMARY KEY (is_only),
        CONSTRAINT feed_state_one_row CHECK (is_only)
        -- It is updated up to fifty times a second, and should stay in one page.
      ) WITH (fillfactor = 10);

      -- The system identifier and the timeline of the server. The control file would name an earlier timeline for a while after
      -- a promotion. A server may not have these functions, or may not permit them: a failover then begins no epoch.
      CREATE FUNCTION server_timeline() RETURNS text LANGUAGE plpgsql AS $$
      BEGIN
        RETURN (SELECT system_identifier FROM pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8);
      EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_function THEN
        RETURN 'unknown';
      END $$;

      INSERT INTO feed_state (epoch, timeline) VALUES (extract(epoch FROM now())::bigint, server_timeline());

      CREATE FUNCTION feed_epoch() RETURNS bigint LANGUAGE plpgsql AS $$
      DECLARE
        current bigint;
        known text;
      BEGIN
        SELECT epoch, timeline INTO current, known FROM feed_state;
        IF pg_is_in_recovery() OR known = server_timeline() THEN
          RETURN current;
        END IF;
        UPDATE feed_state SET timeline = server_timeline(), epoch = greatest(epoch + 1, extract(epoch FROM now())::bigint)
          WHERE timeline <> server_timeline();
        -- Another transaction may have begun it.
        SELECT epoch INTO current FROM feed_state;
        RETURN current;
      END $$;

      CREATE TABLE feed_consumers (
        name text NOT NULL,
        -- The principal of the access key that created it; null for a consumer inside the service.
        owner text,
        position bigint NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        -- When its position was last stored, or a process last renewed its lease.
        last_seen_at timestamptz(3) NOT NULL DEFAULT now(),
        -- The process that holds the lease, and until when.
        leased_by uuid,
        leased_until timestamptz(3),
        metadata text,
        CONSTRAINT feed_consumers_pkey PRIMARY KEY (name),
        CONSTRAINT feed_consumers_metadata_length CHECK (char_length(metadata) BETWEEN 1 AND 4096)
      ) WITH (fillfactor = 50);

      CREATE TABLE duplicate_chats (
        incident_id bigint NOT NULL,
        chat text NOT NULL,
        CONSTRAINT duplicate_chats_pkey PRIMARY KEY (incident_id, chat),
        CONSTRAINT duplicate_chats_incident_fkey FOREIGN KEY (incident_id) REFERENCES incidents (id)
      );

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
      DROP FUNCTION feed_epoch;
      DROP FUNCTION server_timeline;
      DROP TABLE duplicate_chats;
      DROP TABLE feed_consumers;
      DROP TABLE feed_state;
      DROP TABLE feed_queue;
      DROP TABLE feed;
    `);
  }
}
