import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Statistics that are read in milliseconds, however many incidents there are (docs/adr/0031).
 *
 * Triggers queue what a statement changes: incidents that are equal in everything that statistics depend on are one row, a cell,
 * with their number; a changed incident leaves its old cell and enters a new one. Nothing else happens in the transaction of the
 * change, so changes do not wait for each other. The service folds the queue into two tables every few seconds, and readers add
 * what is still queued: statistics include every committed change.
 *
 * - `incident_statistics` has the counts of a day, once for each source, each channel and each assignee.
 * - `incident_durations` has how many incidents of a day, a week and a quarter of 13 weeks took how long: an array has a count for each bucket of
 *   durations, null for none. The logarithm of the duration is rounded down, so a bucket spans 10 %. An array is read ten times as
 *   fast as a row for each bucket, and long periods make a long range cheap.
 * - A day is the day of the report in UTC, and a week begins on Monday. The key '' of assignees stands for nobody.
 */
export class CreateStatistics1766000012000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE incident_statistics_queue (
        day date NOT NULL,
        source incident_source NOT NULL,
        channel text NOT NULL,
        assignee text,
        status incident_status NOT NULL,
        urgent boolean NOT NULL,
        reopened boolean NOT NULL,
        taken_after smallint,
        resolved_after smallint,
        change integer NOT NULL
        -- It is emptied every few seconds: vacuum soon, so that the space of its rows is reused.
      ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

      CREATE TABLE incident_statistics (
        dimension text NOT NULL,
        day date NOT NULL,
        key text NOT NULL,
        reported bigint NOT NULL,
        taken bigint NOT NULL,
        resolved bigint NOT NULL,
        closed bigint NOT NULL,
        reopened bigint NOT NULL,
        urgent bigint NOT NULL,
        open bigint NOT NULL,
        untaken bigint NOT NULL,
        never_taken bigint NOT NULL,
        CONSTRAINT incident_statistics_pkey PRIMARY KEY (dimension, day, key)
      ) WITH (fillfactor = 70);

      CREATE TABLE incident_durations (
        dimension text NOT NULL,
        span smallint NOT NULL,
        starts_on date NOT NULL,
        key text NOT NULL,
        take integer[] NOT NULL,
        resolve integer[] NOT NULL,
        CONSTRAINT incident_durations_pkey PRIMARY KEY (dimension, span, starts_on, key)
      ) WITH (fillfactor = 70);

      -- Bucket n has the durations from 1.1^n to 1.1^(n + 1) seconds; the first one also has shorter ones.
      CREATE FUNCTION duration_bucket(duration interval) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN CASE WHEN duration IS NOT NULL
          THEN floor(ln(greatest(extract(epoch FROM duration)::double precision, 1)) / ln(1.1::double precision))::smallint
        END;

      -- An array with these counts in these buckets: bucket 0 is element 1. An array that is extended has nulls in between.
      CREATE FUNCTION bucket_counts(buckets smallint[], counts integer[]) RETURNS integer[] LANGUAGE plpgsql IMMUTABLE AS $$
      DECLARE result integer[] := '{NULL}';
      BEGIN
        FOR i IN 1 .. coalesce(cardinality(buckets), 0) LOOP
          result[buckets[i] + 1] := counts[i];
        END LOOP;
        RETURN result;
      END $$;

      CREATE FUNCTION add_bucket_counts(counts integer[], added integer[]) RETURNS integer[] LANGUAGE plpgsql IMMUTABLE STRICT AS $$
      BEGIN
        FOR i IN 1 .. cardinality(added) LOOP
          IF added[i] IS NOT NULL THEN
            counts[i] := nullif(coalesce(counts[i], 0) + added[i], 0);
          END IF;
        END LOOP;
        RETURN counts;
      END $$;

      CREATE AGGREGATE sum_bucket_counts(integer[]) (
        SFUNC = add_bucket_counts, STYPE = integer[], INITCOND = '{NULL}'
      );

      CREATE FUNCTION queue_incident_statistics() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          INSERT INTO incident_statistics_queue ${cells('SELECT *, 1 AS change FROM added')};
        ELSIF TG_OP = 'DELETE' THEN
          INSERT INTO incident_statistics_queue ${cells('SELECT *, -1 AS change FROM removed')};
        -- Most statements change nothing that statistics depend on, such as an appended text. Several events may come back to the same
        -- state, but for having been reopened.
        -- This is no join: PostgreSQL would plan it for the first statement, of one incident, and compare each with each in later ones.
        ELSIF EXISTS (
          SELECT id, version, status, assignee, urgent, created_at, taken_at, resolved_at FROM added
          EXCEPT
          SELECT id, version + 1, status, assignee, urgent, created_at, taken_at, resolved_at FROM removed
        ) THEN
          INSERT INTO incident_statistics_queue ${cells(
            'SELECT *, 1 AS change FROM added UNION ALL SELECT *, -1 FROM removed',
          )};
        END IF;
        RETURN NULL;
      END $$;

      CREATE TRIGGER incidents_statistics_added AFTER INSERT ON incidents
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION queue_incident_statistics();
      CREATE TRIGGER incidents_statistics_changed AFTER UPDATE ON incidents
        REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION queue_incident_statistics();
      CREATE TRIGGER incidents_statistics_removed AFTER DELETE ON incidents
        REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION queue_incident_statistics();

      INSERT INTO incident_statistics_queue ${cells('SELECT *, 1 AS change FROM incidents')};
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TRIGGER incidents_statistics_added ON incidents;
      DROP TRIGGER incidents_statistics_changed ON incidents;
      DROP TRIGGER incidents_statistics_removed ON incidents;
      DROP FUNCTION queue_incident_statistics;
      DROP FUNCTION duration_bucket;
      DROP FUNCTION bucket_counts;
      DROP AGGREGATE sum_bucket_counts(integer[]);
      DROP FUNCTION add_bucket_counts;
      DROP TABLE incident_durations;
      DROP TABLE incident_statistics;
      DROP TABLE incident_statistics_queue;
    `);
  }
}

/**
 * The cells of incidents, each with the sum of their changes unless it is 0. A reopened incident has at least four events, so
 * the history of most is not read.
 */
function cells(incidents: string): string {
  return `
    SELECT (created_at AT TIME ZONE 'UTC')::date AS day, source, channel, assignee, status, urgent,
      version >= 4 AND EXISTS (
        SELECT FROM incident_events WHERE incident_id = incident.id AND seq <= incident.version
          AND from_status = 'RESOLVED' AND to_status = 'IN_PROGRESS'
      ) AS reopened,
      duration_bucket(taken_at - created_at) AS taken_after, duration_bucket(resolved_at - created_at) AS resolved_after,
      sum(change)
    FROM (${incidents}) AS incident GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 HAVING sum(change) <> 0`;
}
