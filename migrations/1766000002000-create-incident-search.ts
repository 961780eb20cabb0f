import type { MigrationInterface, QueryRunner } from 'typeorm';

// Chinese and Japanese characters, and Korean syllables: two of them are a word.
const CJK = String.raw`[\u2E80-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF\U00020000-\U0003FFFF]`;

// Small letters that have no trigrams where the locale of the database is C, and an ASCII letter or digit for each. PostgreSQL compares
// each character of a text with one after another, so the most frequent ones are first, and so is the blank, which stays.
const LETTERS = ' оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґўαβγδεζηθικλμνξοπρστυφχψωάέήίόύώ';
const CODES = ' oeaintsrvlkmdpu189gzb4yhjwxc6qf7eiy2g3abgdezhjiklmnxoprstufcywaehiouw';

/**
 * Search for a part of a description, in any language and case, by trigrams. The extension comes with PostgreSQL, and the owner
 * of a database may install it (it is trusted since 13).
 *
 * Search finds a text in any case and in any canonically equivalent form (NFC, NFD), whatever the locale of the database:
 * it compares what `incident_search_text` makes of both. Stored texts stay as they were received.
 *
 * - ICU's root locale folds case, since `lower` of a database with locale C knows ASCII alone. A server without ICU, or an
 *   encoding other than UTF-8, leaves `lower` of the database; the service reports that when it starts.
 * - Greek has two lowercase sigmas for one capital: both become the same letter.
 * - Each CJK character becomes a separate word, so that the index finds texts of two characters.
 *
 * pg_trgm also takes letters from the locale of the database. If that is C, as in the embedded server, the index contains
 * Cyrillic and Greek as ASCII letters (`incident_search_key`). It only finds candidates, whose texts are then compared.
 *
 * The index is over the texts of the history of which descriptions consist: each is indexed once, when it arrives, and duplicate
 * reports add nothing. An index over descriptions would index the whole description again for each appended text.
 *
 * New entries wait in the pending list of the index, and are merged into it in batches. A text has about twenty entries, which
 * cost more than the rest of a report if each is inserted alone. Searches read the pending list as well. It is limited to
 * 64 KiB, about 150 short texts, which bounds the work of a search and of the report that merges it.
 */
export class CreateIncidentSearch1766000002000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE EXTENSION IF NOT EXISTS pg_trgm');
    const [{ knowsIcu, knowsLetters }] = (await queryRunner.query(`
      SELECT show_trgm('жук') <> '{}' AS "knowsLetters", getdatabaseencoding() = 'UTF8' AND EXISTS (
        SELECT FROM pg_collation WHERE collname = 'und-x-icu' AND collnamespace = 'pg_catalog'::regnamespace
      ) AS "knowsIcu"`)) as [{ knowsIcu: boolean; knowsLetters: boolean }];
    // Most texts are in NFC, and checking that is cheaper than normalizing; pure ASCII needs neither.
    const folded = knowsIcu
      ? `CASE WHEN octet_length($1) = char_length($1) THEN lower($1 COLLATE "C") ELSE
          regexp_replace(replace(lower(
            (CASE WHEN $1 IS NFC NORMALIZED THEN $1 ELSE normalize($1, NFC) END) COLLATE pg_catalog."und-x-icu"
          ), 'ς', 'σ'), '${CJK}', ' \\& ', 'g') COLLATE "C" END`
      : 'lower($1)';
    // It does not call the other function: PostgreSQL builds indexes with a search path that contains neither function.
    const key = knowsLetters ? folded : `translate(${folded}, '${LETTERS}', '${CODES}')`;
    await queryRunner.query(`
      CREATE FUNCTION incident_search_text(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
        AS $$ SELECT ${folded} $$;
      CREATE FUNCTION incident_search_key(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
        AS $$ SELECT ${key} $$;
      CREATE INDEX incident_events_search_trigrams ON incident_events
        USING gin (incident_search_key(text) gin_trgm_ops)
        WITH (fastupdate = on, gin_pending_list_limit = 64)
        WHERE type IN ('reported', 'description_appended');
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    // The extension stays: it may have been installed before this migration.
    await queryRunner.query(`
      DROP INDEX incident_events_search_trigrams;
      DROP FUNCTION incident_search_key;
      DROP FUNCTION incident_search_text;
    `);
  }
}
