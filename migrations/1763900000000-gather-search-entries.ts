import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The entries of new texts are gathered, and put into the search index together: some twenty for each text, which cost
 * more than all the rest of a report when each goes alone. Searches look through what is gathered as well. It is kept
 * to 64 KiB, some 150 short texts, so that neither a search nor the report that puts them in has much to do.
 */
export class GatherSearchEntries1763900000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER INDEX incident_events_text_trigrams SET (fastupdate = on, gin_pending_list_limit = 64)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER INDEX incident_events_text_trigrams SET (fastupdate = off); ALTER INDEX incident_events_text_trigrams RESET (gin_pending_list_limit)',
    );
  }
}
