import { writeXlsxStream } from 'hucre/xlsx';
import { anImport, rowsOf } from '../../support/import-files.js';

const aWorkbook = async (rows: readonly (readonly unknown[])[]): Promise<Buffer> =>
  Buffer.from(await new Response(writeXlsxStream(rows as never, { name: 'Incidents' })).arrayBuffer());

/** The headers of an archive with one part, which is said to be so long: the local one, the directory and its end. */
function anArchive({
  local,
  central,
  flags = 0,
}: {
  local: number;
  central: number;
  flags?: number;
}): Buffer {
  const header = Buffer.alloc(30 + 3);
  header.write('PK\u0003\u0004', 'latin1');
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(3, 18);
  header.writeUInt32LE(local, 22);
  const directory = Buffer.alloc(46);
  directory.write('PK\u0001\u0002', 'latin1');
  directory.writeUInt16LE(flags, 8);
  directory.writeUInt32LE(3, 20);
  directory.writeUInt32LE(central, 24);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt32LE(header.length, 16);
  return Buffer.concat([header, directory, end]);
}

const GIGABYTE = 1024 ** 3;

describe('an import of XLSX', () => {
  it('reads texts, numbers, truth values and times as they are shown', async () => {
    const workbook = await aWorkbook([
      ['description', 'urgent', 'reported_at', 'dedup_key'],
      ['Касса 3', true, new Date('2024-05-01T10:00:00Z'), 42],
      ['', null, null, null],
      [17, null, '01.05.2024 10:00', null],
    ]);
    expect(await rowsOf(await anImport('xlsx', workbook, { timeZone: 'Europe/Moscow' }))).toMatchObject([
      { description: 'Касса 3', urgent: true, dedupKey: '42', reportedAt: new Date('2024-05-01T07:00:00Z') },
      { description: '17', reportedAt: new Date('2024-05-01T07:00:00Z') },
    ]);
  });

  it.each([
    ['its first header', { local: GIGABYTE, central: 1 }],
    ['its directory', { local: 1, central: GIGABYTE }],
    ['its directory alone', { local: 0, central: GIGABYTE, flags: 8 }],
    ['no header', { local: 0, central: 1 }],
    ['no header of its directory', { local: 1, central: 0 }],
  ])('does not unpack gigabytes, of which %s says so', async (_, sizes) => {
    await expect(anImport('xlsx', anArchive(sizes))).rejects.toThrow(
      'unpacked, a workbook must be at most 128 MiB long: save it as CSV',
    );
  });

  it.each([
    ['a text', Buffer.from('description\na\n'), 'it is no .xlsx workbook'],
    ['an .xls', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1]), 'it is an .xls or a protected workbook'],
    ['a broken archive', Buffer.from('PK\u0003\u0004 and nothing else'), 'its archive is cut off'],
  ])('says what is wrong with %s', async (_, content, reason) => {
    await expect(anImport('xlsx', content)).rejects.toThrow(reason);
  });
});
