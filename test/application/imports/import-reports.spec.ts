import { AttachFiles, type ReceivedFile } from '../../../src/application/attachments/attach-files.js';
import type { NewAttachment } from '../../../src/application/attachments/attachment-repository.js';
import {
  type ImportBatch,
  type ImportProgress,
  ImportRepository,
} from '../../../src/application/imports/import-repository.js';
import {
  ImportReports,
  type ImportRow,
  type ImportUpdate,
  type RowFile,
} from '../../../src/application/imports/import-reports.js';
import { OutcomeUnknown, StoreUnavailable } from '../../../src/application/operations/store-unavailable.js';
import { UnreadableImage } from '../../../src/domain/attachments/attachment-errors.js';
import { ImportInProgress, UnreadableFile } from '../../../src/domain/imports/import-errors.js';

const IDENTITY = { digest: Buffer.alloc(32), settings: 'a' };
const NOBODY = { position: 0, accepted: 0, rejected: 0, finishedAt: undefined };

/** An import in memory: as the one in PostgreSQL, it advances only from where it is. */
class InMemoryImport extends ImportRepository {
  progress: ImportProgress = NOBODY;
  readonly stored: string[] = [];
  readonly files: string[] = [];
  /** What happens to the next batches: nothing of it is stored, or its outcome does not arrive. */
  failures: ('unavailable' | 'unknown')[] = [];

  async begin(): Promise<ImportProgress> {
    return this.progress;
  }

  async find(): Promise<ImportProgress> {
    return this.progress;
  }

  async store(_: Buffer, { after, reports, rejected }: ImportBatch): Promise<ImportProgress> {
    const failure = this.failures.shift();
    if (failure === 'unavailable') throw new StoreUnavailable();
    if (after !== this.progress.position) throw new ImportInProgress();
    this.stored.push(...reports.map(({ report }) => report.description));
    this.files.push(...reports.flatMap(({ files }) => files.map(({ name }) => name)));
    this.progress = {
      position: after + reports.length + rejected,
      accepted: this.progress.accepted + reports.length,
      rejected: this.progress.rejected + rejected,
      finishedAt: undefined,
    };
    if (failure === 'unknown') throw new OutcomeUnknown();
    return this.progress;
  }

  async finish(_: Buffer, position: number): Promise<ImportProgress> {
    if (position !== this.progress.position) throw new ImportInProgress();
    return this.progress;
  }
}

const report = (description: string): ImportRow => ({
  report: { description, source: 'operator', actor: 'a', channel: 'import' },
});

/** Prepares files without looking at them, except for images that are broken. */
const attachFiles = {
  withPrepared: async <Result>(
    files: readonly ReceivedFile[],
    write: (prepared: readonly NewAttachment[]) => Promise<Result>,
  ): Promise<Result> => {
    const broken = files.find(({ name }) => name.startsWith('broken'));
    if (broken) throw new UnreadableImage(broken.name, 'it ends too early');
    return write(files.map((file) => ({ ...file, contentType: 'text/plain' })));
  },
} as AttachFiles;

/** A file with these rows; `rows` is called for them each time. */
const fileOf = (rows: () => Iterable<ImportRow>): RowFile => ({
  identity: IDENTITY,
  count: async function* () {
    yield [...rows()].length;
  },
  rows: async function* () {
    yield* rows();
  },
});

describe('importing reports', () => {
  let imports: InMemoryImport;
  beforeEach(() => (imports = new InMemoryImport()));

  const importAll = async (
    rows: RowFile | readonly ImportRow[],
    signal = new AbortController().signal,
  ): Promise<ImportUpdate[]> => {
    const updates: ImportUpdate[] = [];
    const options = { principal: 'key:1', signal };
    const file = 'identity' in rows ? rows : fileOf(() => rows);
    for await (const update of new ImportReports(imports, attachFiles).execute(file, options))
      updates.push(update);
    return updates;
  };
  const rows = (count: number) => Array.from({ length: count }, (_, n) => report(`row ${n}`));
  const texts = (count: number) => Array.from({ length: count }, (_, n) => `row ${n}`);

  it('stores rows in batches, in their order, and says how far it is after each', async () => {
    const updates = await importAll(rows(500));
    expect(imports.stored).toEqual(texts(500));
    expect(updates).toMatchObject([
      { type: 'counting', total: 500 },
      { type: 'progress', progress: { position: 200 }, total: 500 },
      { type: 'progress', progress: { position: 400 }, total: 500 },
      { type: 'finished', progress: { position: 500 }, total: 500 },
    ]);
  });

  it('skips the rows that are done, and tells those again that are rejected', async () => {
    imports.progress = { position: 3, accepted: 2, rejected: 1, finishedAt: undefined };
    const updates = await importAll([
      report('a'),
      { rejection: 'no', original: ['a'] },
      report('b'),
      report('c'),
      { rejection: 'nor this', original: { b: 1 } },
    ]);
    expect(imports.stored).toEqual(['c']);
    expect(updates.slice(1)).toEqual([
      { type: 'rejected', row: 2, reason: 'no', original: ['a'] },
      { type: 'rejected', row: 5, reason: 'nor this', original: { b: 1 } },
      {
        type: 'finished',
        progress: { position: 5, accepted: 3, rejected: 2, finishedAt: undefined },
        total: 5,
      },
    ]);
  });

  it.each([[['unavailable']], [['unknown']], [['unknown', 'unavailable']]] as const)(
    'stores each row once if the answers to a batch are %j',
    async (failures) => {
      imports.failures = [...failures];
      await importAll(rows(700));
      expect(imports.stored).toEqual(texts(700));
    },
  );

  it('ends with an error if another import of the file has stored the rows', async () => {
    const racing = {
      ...fileOf(() => [report('a')]),
      rows: async function* () {
        yield report('a');
        imports.progress = { ...NOBODY, position: 1, accepted: 1 };
      },
    };
    await expect(importAll(racing)).rejects.toThrow(ImportInProgress);
  });

  it('imports nothing of a file that is damaged at its end', async () => {
    const damaged = {
      ...fileOf(() => rows(2_000)),
      count: async function* () {
        yield 2_000;
        throw new UnreadableFile('it is cut off');
      },
    };
    await expect(importAll(damaged)).rejects.toThrow(UnreadableFile);
    expect(imports.stored).toEqual([]);
  });

  it('stops after a batch when it is told to', async () => {
    const controller = new AbortController();
    const interrupted = {
      ...fileOf(() => rows(2_000)),
      rows: async function* () {
        for (const [n, row] of rows(2_000).entries()) {
          if (n === 600) controller.abort();
          yield row;
        }
      },
    };
    const last = (await importAll(interrupted, controller.signal)).at(-1);
    expect(last).toMatchObject({ type: 'stopped', total: 2_000 });
    expect(imports.progress.position).toBe(800);
    expect(imports.stored).toEqual(texts(800));
  });

  it('stores files with their reports, and a note in place of a broken image', async () => {
    const content = { size: 1, read: async () => Buffer.from('a') };
    let open = 0;
    const withFiles: ImportRow = {
      ...(report('with files') as Extract<ImportRow, { report: unknown }>),
      files: async () => {
        open++;
        const files = ['a.txt', 'broken.jpg'].map((name) => ({ name, content }));
        return { files, close: async () => void open-- };
      },
    };
    await importAll([report('before'), withFiles, report('after')]);
    expect(imports.stored).toEqual([
      'before',
      'with files\n(The image broken.jpg cannot be read: it ends too early.)',
      'after',
    ]);
    expect(imports.files).toEqual(['a.txt']);
    expect(open).toBe(0);
  });
});
