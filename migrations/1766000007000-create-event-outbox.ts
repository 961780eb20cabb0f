import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The transactional outbox of events: the statement that writes the history also queues its events, and a relay deletes them
 * once they are published. Only committed events are published, and no committed event is lost.
 *
 * Events are queued only while a consumer is registered; otherwise a change only checks an empty table.
 *
 * The outbox has 16 shards, by incident. One process at a time leases a shard, so the events of an incident are published in order.
 */
export class CreateEventOutbox1766000007000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
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
        -- It is mostly empty: vacuum runs after a number of deleted rows, not after a fraction of its size.
      ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

      CREATE TABLE event_shards (
        shard smallint NOT NULL,
        leased_by uuid,
        leased_until timestamptz NOT NULL,
        CONSTRAINT event_shards_pkey PRIMARY KEY (shard)
      ) WITH (fillfactor = 20);
      INSERT INTO event_shards (shard, leased_until) SELECT generate_series(0, 15), now();

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
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TRIGGER incident_events_queue ON incident_events;
      DROP FUNCTION queue_events;
      DROP TABLE event_shards;
      DROP TABLE event_outbox;
      DROP TABLE event_consumers;
    `);
  }
}
