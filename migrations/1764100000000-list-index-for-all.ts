import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The index of the whole list is for the whole list alone. A list with a filter has an index of its own, but PostgreSQL
 * took this one where it held the order of the rows on disk to be worth more, and passed over hundreds of thousands of
 * rows to find twenty. An index with a condition serves only those queries that have the condition as well.
 */
export class ListIndexForAll1764100000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX incidents_created_at;
      CREATE INDEX incidents_created_at ON incidents (created_at, id) WHERE id > 0;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX incidents_created_at;
      CREATE INDEX incidents_created_at ON incidents (created_at, id);
    `);
  }
}
