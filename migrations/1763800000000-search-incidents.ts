import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Search for a part of a description, in any language and case, by trigrams. The extension comes with PostgreSQL, and
 * the owner of a database may install it (it is trusted since 13).
 *
 * The index is over the history's texts, of which a description consists: each is indexed once, when it arrives. An index
 * over descriptions would take in the whole of one again with each addition. Without fastupdate no request pays for the
 * index entries of many.
 */
export class SearchIncidents1763800000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE EXTENSION IF NOT EXISTS pg_trgm;
      CREATE INDEX incident_events_text_trigrams ON incident_events USING gin (text gin_trgm_ops)
        WITH (fastupdate = off);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    // The extension stays: it may have been there before.
    await queryRunner.query('DROP INDEX incident_events_text_trigrams');
  }
}
