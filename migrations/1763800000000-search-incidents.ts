import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Search for a part of a description, in any language and case, by trigrams. The extension comes with PostgreSQL, and
 * the owner of a database may install it (it is trusted since 13).
 */
export class SearchIncidents1763800000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE EXTENSION IF NOT EXISTS pg_trgm;
      CREATE INDEX incidents_description_trigrams ON incidents USING gin (description gin_trgm_ops);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    // The extension stays: it may have been there before.
    await queryRunner.query('DROP INDEX incidents_description_trigrams');
  }
}
