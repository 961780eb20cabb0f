import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The register and its history.
 *
 * The rules that must hold whoever writes to the tables stand here: which values there are, which texts are fit,
 * which moves are legal, and that a history only grows.
 */
export class CreateIncidents1763600000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TYPE incident_status AS ENUM ('NEW', 'IN_PROGRESS', 'RESOLVED', 'CLOSED');
      CREATE TYPE incident_source AS ENUM ('operator', 'monitoring', 'partner');
      CREATE TYPE incident_event_type AS ENUM ('reported', 'status_changed', 'description_appended');

      CREATE TABLE incidents (
        id bigint GENERATED ALWAYS AS IDENTITY,
        description text NOT NULL,
        status incident_status NOT NULL,
        source incident_source NOT NULL,
        version integer NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        CONSTRAINT incidents_pkey PRIMARY KEY (id),
        CONSTRAINT incidents_description_length CHECK (char_length(description) BETWEEN 1 AND 100000),
        CONSTRAINT incidents_version_positive CHECK (version > 0)
        -- Room for a new version of a row on its page: an addition then needs no new index entries.
      ) WITH (fillfactor = 80);

      -- The list is read newest first or oldest first, without a filter, or merged from pairs of status and source.
      CREATE INDEX incidents_created_at ON incidents (created_at, id);
      CREATE INDEX incidents_status_source_created_at ON incidents (status, source, created_at, id);

      CREATE TABLE incident_events (
        incident_id bigint NOT NULL,
        seq integer NOT NULL,
        type incident_event_type NOT NULL,
        at timestamptz(3) NOT NULL,
        actor text NOT NULL,
        from_status incident_status,
        to_status incident_status,
        text text,
        CONSTRAINT incident_events_pkey PRIMARY KEY (incident_id, seq),
        CONSTRAINT incident_events_incident_fkey FOREIGN KEY (incident_id) REFERENCES incidents (id),
        -- The report is the first event, and the only one of its kind.
        CONSTRAINT incident_events_report_first CHECK ((seq = 1) = (type = 'reported') AND seq > 0),
        CONSTRAINT incident_events_text_length CHECK (char_length(text) BETWEEN 1 AND 10000),
        CONSTRAINT incident_events_facts CHECK (
          CASE type
            WHEN 'status_changed' THEN text IS NULL AND from_status IS NOT NULL AND to_status IS NOT NULL
            ELSE text IS NOT NULL AND from_status IS NULL AND to_status IS NULL
          END
        ),
        CONSTRAINT incident_events_legal_move CHECK (
          type <> 'status_changed' OR (from_status, to_status) IN (
            ('NEW', 'IN_PROGRESS'), ('IN_PROGRESS', 'RESOLVED'), ('RESOLVED', 'IN_PROGRESS'), ('RESOLVED', 'CLOSED')
          )
        )
      );

      CREATE FUNCTION refuse_to_rewrite_history() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the history of incidents is append-only: % is refused', TG_OP
          USING ERRCODE = 'restrict_violation';
      END $$;

      CREATE TRIGGER incident_events_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_events
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_history();
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE incident_events;
      DROP FUNCTION refuse_to_rewrite_history;
      DROP TABLE incidents;
      DROP TYPE incident_event_type;
      DROP TYPE incident_source;
      DROP TYPE incident_status;
    `);
  }
}
