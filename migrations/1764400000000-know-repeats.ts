import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Reports of one problem are one incident, for as long as that is not closed: machines repeat themselves.
 *
 * The unique index is what makes it one, however many processes are told at the same time. Incidents that were there before
 * have no key, and cost neither index anything.
 */
export class KnowRepeats1764400000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE incidents
        ADD COLUMN dedup_key text,
        ADD COLUMN occurrences integer NOT NULL DEFAULT 1,
        ADD COLUMN last_seen_at timestamptz(3),
        ADD COLUMN previous_id bigint,
        ADD CONSTRAINT incidents_dedup_key_length CHECK (char_length(dedup_key) BETWEEN 1 AND 255),
        ADD CONSTRAINT incidents_occurrences_positive CHECK (occurrences > 0);
      CREATE UNIQUE INDEX incidents_open_dedup_key ON incidents (dedup_key)
        WHERE dedup_key IS NOT NULL AND status <> 'CLOSED';
      CREATE INDEX incidents_dedup_key ON incidents (dedup_key, created_at, id) WHERE dedup_key IS NOT NULL;

      ALTER TABLE incident_events
        DROP CONSTRAINT incident_events_facts,
        ADD CONSTRAINT incident_events_facts CHECK (
          CASE type
            WHEN 'status_changed' THEN text IS NULL AND from_status IS NOT NULL AND to_status IS NOT NULL
            WHEN 'reopened' THEN text IS NOT NULL AND from_status IS NOT NULL AND to_status IS NOT NULL
            ELSE text IS NOT NULL AND from_status IS NULL AND to_status IS NULL
          END
        ),
        DROP CONSTRAINT incident_events_legal_move,
        ADD CONSTRAINT incident_events_legal_move CHECK (
          CASE type
            WHEN 'status_changed' THEN (from_status, to_status) IN (
              ('NEW', 'IN_PROGRESS'), ('IN_PROGRESS', 'RESOLVED'), ('RESOLVED', 'IN_PROGRESS'), ('RESOLVED', 'CLOSED')
            )
            WHEN 'reopened' THEN (from_status, to_status) IN (('RESOLVED', 'IN_PROGRESS'))
            ELSE true
          END
        );
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE incident_events
        DROP CONSTRAINT incident_events_facts,
        ADD CONSTRAINT incident_events_facts CHECK (
          CASE type
            WHEN 'status_changed' THEN text IS NULL AND from_status IS NOT NULL AND to_status IS NOT NULL
            ELSE text IS NOT NULL AND from_status IS NULL AND to_status IS NULL
          END
        ),
        DROP CONSTRAINT incident_events_legal_move,
        ADD CONSTRAINT incident_events_legal_move CHECK (
          type <> 'status_changed' OR (from_status, to_status) IN (
            ('NEW', 'IN_PROGRESS'), ('IN_PROGRESS', 'RESOLVED'), ('RESOLVED', 'IN_PROGRESS'), ('RESOLVED', 'CLOSED')
          )
        );
      DROP INDEX incidents_open_dedup_key;
      DROP INDEX incidents_dedup_key;
      ALTER TABLE incidents
        DROP COLUMN dedup_key, DROP COLUMN occurrences, DROP COLUMN last_seen_at, DROP COLUMN previous_id;
    `);
  }
}
