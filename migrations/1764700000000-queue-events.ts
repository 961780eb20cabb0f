import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Events on their way to others: what is written into the history is queued by the same statement, and leaves the queue when
 * it has been passed on. So nothing is passed on that did not happen, and nothing that happened is forgotten.
 *
 * Only where somebody takes events from the queue is anything written into it; the rest pays for one look at an empty table.
 *
 * The queue is worked off in 16 shards, by incident. A shard belongs to one process at a time, for as long as its lease says:
 * so the events of an incident leave in their order.
 */
export class QueueEvents1764700000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE event_consumers (
        name text NOT NULL,
        since timestamptz(3) NOT NULL,
        CONSTRAINT event_consumers_pkey PRIMARY KEY (name)
      );

      CREATE TABLE event_outbox (
        shard smallint NOT NULL,
        incident_id bigint NOT NULL,
        seq integer NOT NULL,
        at timestamptz(3) NOT NULL,
        CONSTRAINT event_outbox_pkey PRIMARY KEY (shard, incident_id, seq)
        -- It is as large as what waits, if what has left is cleared away soon: not by shares of its size, which is mostly none.
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
