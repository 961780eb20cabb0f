import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndexConcurrently } from '../../../migrations/concurrent-index.js';
import { MIGRATIONS } from '../../../migrations/index.js';

/** The last migration of the first schema: it and the earlier ones run on an empty database. */
const FIRST_SCHEMA = 'CreateImports1766000016000';

// https://squawkhq.com/docs/rules: about retries and limits, which `migrations.ts` has for all migrations, and about types.
const EXCLUDED_RULES = [
  'prefer-robust-stmts',
  'require-lock-timeout',
  'require-statement-timeout',
  'require-enum-value-ordering',
  'prefer-bigint-over-int',
  'prefer-bigint-over-smallint',
  'prefer-text-field',
];

const SQUAWK = createRequire(import.meta.url).resolve('squawk-cli/js/bin/squawk');

describe('A migration of a schema in use should', () => {
  it('neither block requests for long nor break the previous release', async () => {
    const first = MIGRATIONS.findIndex(({ name }) => name === FIRST_SCHEMA);
    expect(first).toBeGreaterThan(0);

    for (const Migration of MIGRATIONS.slice(first + 1))
      expect({ name: Migration.name, faults: await faultsOf(new Migration()) }).toEqual({
        name: Migration.name,
        faults: [],
      });
  });

  it.each([
    ['CREATE INDEX x ON incidents (urgent)', 'require-concurrent-index-creation'],
    ['DROP INDEX incidents_urgent', 'require-concurrent-index-deletion'],
    ['ALTER TABLE incidents ADD COLUMN x text NOT NULL', 'adding-required-field'],
    ['ALTER TABLE incidents DROP COLUMN origin', 'ban-drop-column'],
    ['ALTER TABLE incidents RENAME COLUMN origin TO x', 'renaming-column'],
    ['ALTER TABLE incidents RENAME TO x', 'renaming-table'],
    ['ALTER TABLE incidents ALTER COLUMN version TYPE bigint', 'changing-column-type'],
    ['ALTER TABLE incidents ADD CONSTRAINT x CHECK (version > 1)', 'constraint-missing-not-valid'],
    ['DROP TABLE feed', 'ban-drop-table'],
  ])('be found if it says %s', async (statement, rule) => {
    expect(await faultsOf({ up: (queryRunner) => queryRunner.query(statement) })).toContain(rule);
  });

  it.each([
    'ALTER TABLE incidents ADD COLUMN x text',
    'ALTER TABLE incidents ADD COLUMN x integer NOT NULL DEFAULT 1',
    'CREATE TABLE x (id bigint NOT NULL); CREATE INDEX x_id ON x (id)',
    'ALTER TABLE incidents ADD CONSTRAINT x CHECK (version > 1) NOT VALID',
  ])('be able to say %s', async (statement) => {
    expect(await faultsOf({ up: (queryRunner) => queryRunner.query(statement) })).toEqual([]);
  });

  it('be able to create an index on a large table outside a transaction', async () => {
    const up = (queryRunner: QueryRunner) =>
      createIndexConcurrently(queryRunner, 'x', 'ON incidents (urgent)');

    expect(await faultsOf({ up, transaction: false })).toEqual([]);
  });
});

/** The rules that the statements of a migration break. */
async function faultsOf(migration: Pick<MigrationInterface, 'up' | 'transaction'>): Promise<string[]> {
  const statements: string[] = [];
  const recorder = {
    query: async (statement: string) => {
      statements.push(`${statement};\n`);
      return [{}];
    },
  };
  await migration.up(recorder as unknown as QueryRunner);
  const options = ['--reporter', 'json', '--pg-version', '15', '--exclude', EXCLUDED_RULES.join(',')];
  if (migration.transaction !== false) options.push('--assume-in-transaction');
  const { stdout, stderr } = spawnSync(process.execPath, [SQUAWK, ...options], {
    encoding: 'utf8',
    input: statements.join(''),
  });
  if (stdout === '') throw new Error(`squawk failed: ${stderr}`);
  return (JSON.parse(stdout) as { rule_name: string }[]).map(({ rule_name }) => rule_name);
}
