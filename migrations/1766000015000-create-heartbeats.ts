import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Heartbeats: jobs that are expected to report.
 *
 * - `heartbeats` has a row for each. Its token is stored as a digest: who reads the database or a backup cannot ping. Pings are numbered by
 *   `last_seq`, so that their order does not depend on a clock, and `handled_seq` is the last one that was evaluated. A ping changes no
 *   indexed column unless it has consequences, so that its new row version needs no index entries: it only marks when it came, and the
 *   evaluation at `due_at`, when the ping is late, finds that it is not.
 * - `heartbeat_outputs` has the last outputs of jobs, each in place of the one five pings before.
 * - `heartbeat_watch` has when any process last looked for due heartbeats. `heartbeat_outages` has the times in which none did: what was
 *   expected then is not missing.
 */
export class CreateHeartbeats1766000015000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TYPE heartbeat_problem AS ENUM ('missing', 'failed');
      CREATE TYPE ping_kind AS ENUM ('start', 'success', 'failure');

      CREATE TABLE heartbeats (
        id bigint GENERATED ALWAYS AS IDENTITY,
        name text NOT NULL,
        token_digest bytea NOT NULL,
        every_ms bigint,
        cron text,
        time_zone text NOT NULL,
        grace_ms bigint NOT NULL,
        source incident_source NOT NULL,
        urgent boolean NOT NULL,
        description text,
        created_at timestamptz(3) NOT NULL,
        changed_at timestamptz(3) NOT NULL,
        last_seq bigint NOT NULL DEFAULT 0,
        start_seq bigint,
        start_at timestamptz(3),
        success_seq bigint,
        success_at timestamptz(3),
        failure_seq bigint,
        failure_at timestamptz(3),
        exit_code integer,
        handled_seq bigint NOT NULL DEFAULT 0,
        problem heartbeat_problem,
        problem_since timestamptz(3),
        incident_id bigint,
        -- When it is evaluated next; infinity while it has a problem.
        due_at timestamptz(3) NOT NULL,
        CONSTRAINT heartbeats_pkey PRIMARY KEY (id),
        CONSTRAINT heartbeats_name UNIQUE (name),
        CONSTRAINT heartbeats_token UNIQUE (token_digest),
        CONSTRAINT heartbeats_schedule CHECK ((every_ms IS NULL) <> (cron IS NULL) AND every_ms >= 1000 AND grace_ms >= 1000),
        CONSTRAINT heartbeats_problem_since CHECK ((problem IS NULL) = (problem_since IS NULL))
        -- Each ping is a new version of its row, on the same page if there is space.
      ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);
      CREATE INDEX heartbeats_due ON heartbeats (due_at) WHERE due_at < 'infinity';
      CREATE INDEX heartbeats_problems ON heartbeats (name, problem) WHERE problem IS NOT NULL;

      CREATE TABLE heartbeat_outputs (
        heartbeat_id bigint NOT NULL,
        slot smallint NOT NULL,
        seq bigint NOT NULL,
        at timestamptz(3) NOT NULL,
        kind ping_kind NOT NULL,
        exit_code integer,
        output bytea NOT NULL,
        CONSTRAINT heartbeat_outputs_pkey PRIMARY KEY (heartbeat_id, slot),
        CONSTRAINT heartbeat_outputs_heartbeat_fkey FOREIGN KEY (heartbeat_id) REFERENCES heartbeats (id) ON DELETE CASCADE,
        CONSTRAINT heartbeat_outputs_length CHECK (length(output) <= 100000)
      );

      CREATE TABLE heartbeat_watch (
        is_only boolean NOT NULL DEFAULT true,
        looked_at timestamptz(3) NOT NULL,
        CONSTRAINT heartbeat_watch_pkey PRIMARY KEY (is_only),
        CONSTRAINT heartbeat_watch_one_row CHECK (is_only)
      );

      CREATE TABLE heartbeat_outages (
        from_at timestamptz(3) NOT NULL,
        until_at timestamptz(3) NOT NULL,
        CONSTRAINT heartbeat_outages_pkey PRIMARY KEY (until_at)
      );
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE heartbeat_outages;
      DROP TABLE heartbeat_watch;
      DROP TABLE heartbeat_outputs;
      DROP TABLE heartbeats;
      DROP TYPE ping_kind;
      DROP TYPE heartbeat_problem;
    `);
  }
}
