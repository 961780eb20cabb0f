import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Exact totals without counting: from a few thousand rows on, count(*) costs more than the rest of a list request.
 *
 * Triggers maintain the counts for every writer. A statement adds its changes to one row per pair of status and source that
 * it changed. Concurrent transactions would wait for each other at these rows, so each connection uses one of 16 shards of a
 * count. A statement locks the rows in a fixed order, after all rows of `incidents`, so statements do not deadlock.
 */
export class CreateIncidentCounts1766000001000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE incident_counts (
        status incident_status NOT NULL,
        source incident_source NOT NULL,
        shard smallint NOT NULL,
        count bigint NOT NULL,
        CONSTRAINT incident_counts_pkey PRIMARY KEY (status, source, shard)
        -- Free space for the new version of a row on the same page: these rows change with every commit.
      ) WITH (fillfactor = 20);

      CREATE FUNCTION count_incidents() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          INSERT INTO incident_counts AS counts (status, source, shard, count)
            SELECT status, source, pg_backend_pid() % 16, count(*)
            FROM added GROUP BY status, source ORDER BY status, source
          ON CONFLICT (status, source, shard) DO UPDATE SET count = counts.count + excluded.count;
        ELSIF TG_OP = 'DELETE' THEN
          INSERT INTO incident_counts AS counts (status, source, shard, count)
            SELECT status, source, pg_backend_pid() % 16, -count(*)
            FROM removed GROUP BY status, source ORDER BY status, source
          ON CONFLICT (status, source, shard) DO UPDATE SET count = counts.count + excluded.count;
        ELSE
          INSERT INTO incident_counts AS counts (status, source, shard, count)
            SELECT status, source, pg_backend_pid() % 16, sum(change)
            FROM (
              SELECT status, source, 1 AS change FROM added
              UNION ALL
              SELECT status, source, -1 FROM removed
            ) AS changes
            GROUP BY status, source HAVING sum(change) <> 0 ORDER BY status, source
          ON CONFLICT (status, source, shard) DO UPDATE SET count = counts.count + excluded.count;
        END IF;
        RETURN NULL;
      END $$;

      CREATE TRIGGER incidents_count_added AFTER INSERT ON incidents
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_incidents();
      CREATE TRIGGER incidents_count_changed AFTER UPDATE ON incidents
        REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_incidents();
      CREATE TRIGGER incidents_count_removed AFTER DELETE ON incidents
        REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_incidents();
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TRIGGER incidents_count_added ON incidents;
      DROP TRIGGER incidents_count_changed ON incidents;
      DROP TRIGGER incidents_count_removed ON incidents;
      DROP FUNCTION count_incidents;
      DROP TABLE incident_counts;
    `);
  }
}
