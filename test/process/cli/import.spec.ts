import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { urlOf } from '../../../src/infrastructure/postgres/connection/connection.js';
import { aDatabase, type TestDatabase } from '../../support/databases.js';
import { hasMoto, TestS3 } from '../../support/moto.js';
import { killLeftovers, run } from '../../support/processes.js';
import { until } from '../../support/until.js';

describe('the command "import"', () => {
  let database: TestDatabase;
  let environment: Record<string, string>;
  let directory: string;

  beforeAll(async () => {
    database = await aDatabase();
    // As the service's role, which has few privileges.
    environment = { DATABASE_URL: urlOf(database.service) };
    directory = mkdtempSync(join(tmpdir(), 'incidents-import-'));
  });
  afterEach(killLeftovers);
  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await database.drop();
  });

  const aFile = (name: string, content: string | Buffer): string => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
  const importFile = async (path: string, ...options: string[]) => {
    const program = run('import', environment, { args: [path, ...options] });
    return { code: await program.ended(), output: program.output() };
  };
  const count = async (where: string): Promise<number> =>
    Number((await database.query<{ n: string }>(`SELECT count(*) AS n FROM incidents WHERE ${where}`))[0]!.n);

  it('imports each row once, however often it is killed', async () => {
    const rows = 20_000;
    const lines = Array.from({ length: rows }, (_, n) => (n % 1_000 === 7 ? '' : `killed ${n}`));
    const path = aFile('killed.csv', `description,x\n${lines.map((line) => `${line},y`).join('\n')}\n`);
    const done = async (): Promise<number> =>
      (await database.query<{ position: number }>('SELECT position FROM imports'))[0]?.position ?? 0;
    let kills = 0;
    for (let before = 0; kills < 5; kills++) {
      const program = run('import', environment, { args: [path, '--format', 'csv'] });
      const isFurther = async () => (await done()) > before || program.process.exitCode !== null;
      await until(isFurther, { timeoutMs: 30_000, state: () => program.output() });
      if (program.process.exitCode !== null) break;
      await program.end('SIGKILL');
      before = await done();
    }
    expect(kills).toBeGreaterThan(0);
    const { code, output } = await importFile(path, '--format', 'csv');
    expect(code).toBe(0);
    expect(output).toContain('Finished: 20000 rows, 19980 imported, 20 rejected.');
    expect(await count(`description LIKE 'killed %'`)).toBe(rows - 20);
    const [distinct] = await database.query<{ n: string }>(
      `SELECT count(DISTINCT description) AS n FROM incidents WHERE description LIKE 'killed %'`,
    );
    expect(Number(distinct!.n)).toBe(rows - 20);
    // All of them, although most were rejected before the last start.
    const rejected = readFileSync(`${path}.rejected`, 'utf8').split('\r\n').slice(0, -1);
    expect(rejected).toHaveLength(21);
    expect(rejected.slice(0, 2)).toEqual([
      '\uFEFFdescription;x;rejected_because',
      ';y;row 8: description is missing',
    ]);
    const again = await importFile(path, '--format', 'csv');
    expect(again.output).toMatch(
      /This file was imported on .*: 19980 of 20000 rows\. None is imported again\./,
    );
    expect(await count(`description LIKE 'killed %'`)).toBe(rows - 20);
  }, 120_000);

  it('stops after a batch when it is told to, and continues the next time', async () => {
    const path = aFile(
      'stopped.ndjson',
      Array.from({ length: 30_000 }, (_, n) => `{"description":"stopped ${n}"}\n`).join(''),
    );
    const program = run('import', environment, { args: [path, '--format', 'ndjson'] });
    await until(async () => (await count(`description LIKE 'stopped %'`)) > 0, { timeoutMs: 30_000 });
    // What is not finished is no success: `make import … && rm …` must keep the file.
    expect(await program.end('SIGTERM')).toBe(1);
    expect(program.output()).toMatch(/Stopped: \d+ of 30000 rows/);
    expect((await importFile(path, '--format', 'ndjson')).output).toContain(
      'Finished: 30000 rows, 30000 imported',
    );
    expect(await count(`description LIKE 'stopped %'`)).toBe(30_000);
    expect(existsSync(`${path}.rejected`)).toBe(false);
  }, 60_000);

  it('imports rejected rows once they are corrected', async () => {
    const path = aFile(
      'first.csv',
      'description;source\ngood one;partner\nbad one;nobody\nlong one;partner;more\n',
    );
    await importFile(path, '--format', 'csv');
    const rejected = readFileSync(`${path}.rejected`, 'utf8');
    const corrected = aFile('corrected.csv', rejected.replace('nobody', 'partner').replace(';more', ''));
    expect((await importFile(corrected, '--format', 'csv')).output).toContain('2 imported, 0 rejected');
    expect(await count(`description IN ('good one', 'bad one', 'long one') AND source = 'partner'`)).toBe(3);
  });

  it('shows in a dry run how columns are read and what would be rejected, and changes nothing', async () => {
    const path = aFile('dry.csv', Buffer.from('Text;Date\ndry;2024-05-01\n;\nx;never\n'));
    const { code, output } = await importFile(
      path,
      '--format',
      'csv',
      '--columns',
      'description=Text,reported_at=Date',
      '--dry-run',
    );
    expect(code).toBe(0);
    expect(output).toContain('description is read from "Text".');
    expect(output).toMatch(/row 2: reported_at must be a time/);
    expect(output).toContain('Checked: 2 rows, 1 acceptable, 1 rejected.');
    expect(existsSync(`${path}.rejected`)).toBe(false);
    expect(await count(`description = 'dry'`)).toBe(0);
  });

  it('attaches the files of a Telegram export, byte by byte, and notes those that it has not', async () => {
    const folder = join(directory, 'ChatExport');
    mkdirSync(join(folder, 'files'), { recursive: true });
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, n) => n % 251));
    writeFileSync(join(folder, 'files/log.bin'), bytes);
    writeFileSync(join(directory, 'secret.txt'), 'not of the export');
    const common = { type: 'message', from: 'Анна', from_id: 'user1', date: '2024-05-01T10:00:00' };
    const messages = [
      { id: 1, ...common, file: 'files/log.bin', text: 'with a log' },
      { id: 2, ...common, date: '2024-05-01T11:00:00', file: '../secret.txt', text: 'with a trick' },
    ];
    writeFileSync(
      join(folder, 'result.json'),
      JSON.stringify({ name: 'a', type: 'private_group', id: 5, messages }),
    );
    const { output } = await importFile(folder, '--format', 'telegram', '--time-zone', 'Europe/Moscow');
    expect(output).toContain('Finished: 2 rows, 2 imported, 0 rejected.');
    await importFile(folder, '--format', 'telegram', '--time-zone', 'Europe/Moscow');
    const attachments = await database.query<{ name: string; sha256: Buffer; reported_at: Date }>(
      `SELECT name, sha256, reported_at FROM attachments JOIN incidents ON incidents.id = incident_id`,
    );
    expect(attachments).toEqual([
      {
        name: 'log.bin',
        sha256: createHash('sha256').update(bytes).digest(),
        reported_at: new Date('2024-05-01T07:00:00Z'),
      },
    ]);
    expect(await count(`description = E'with a trick\\n(file not in the export: secret.txt)'`)).toBe(1);
  });

  (hasMoto ? it : it.skip)(
    'stores the files of an export in S3, if it is configured',
    async () => {
      const folder = join(directory, 'ForS3');
      mkdirSync(folder);
      const bytes = Buffer.alloc(600_000, 'abc');
      writeFileSync(join(folder, 'log.bin'), bytes);
      const message = { id: 1, type: 'message', date: '2024-05-01T10:00:00', file: 'log.bin', text: 'in S3' };
      writeFileSync(join(folder, 'result.json'), JSON.stringify({ id: 6, messages: [message] }));
      const s3 = await TestS3.start();
      try {
        const inS3 = { ...environment, ...s3.environment };
        const program = run('import', inS3, { args: [folder, '--format', 'telegram'] });
        expect([await program.ended(), program.output()]).toEqual([0, expect.stringContaining('1 imported')]);
        const [stored, ...others] = await s3.objects();
        expect(others).toEqual([]);
        expect((await s3.get(stored!)).equals(bytes)).toBe(true);
      } finally {
        await s3.stop();
      }
    },
    120_000,
  );

  it('says what to do about an HTML export, and about a file that is not there', async () => {
    const folder = join(directory, 'HtmlExport');
    mkdirSync(folder);
    writeFileSync(join(folder, 'messages.html'), '<!DOCTYPE html>');
    expect(await importFile(folder, '--format', 'telegram')).toEqual({
      code: 1,
      output: expect.stringContaining('Machine-readable JSON'),
    });
    expect(await importFile(join(directory, 'none.csv'), '--format', 'csv')).toEqual({
      code: 1,
      output: expect.stringMatching(/^Cannot read .*none\.csv: ENOENT/),
    });
  });
});
