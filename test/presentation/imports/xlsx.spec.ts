import { writeXlsxStream } from 'hucre/xlsx';
import { anImport, rowsOf } from '../../support/import-files.js';

const aWorkbook = async (rows: readonly (readonly unknown[])[]): Promise<Buffer> =>
  Buffer.from(await new Response(writeXlsxStream(rows as never, { name: 'Incidents' })).arrayBuffer());

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
    ['a text', Buffer.from('description\na\n'), 'it is no .xlsx workbook'],
    ['an .xls', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1]), 'it is an .xls or a protected workbook'],
    ['a broken archive', Buffer.from('PK\u0003\u0004 and nothing else'), 'its sheet cannot be read'],
  ])('says what is wrong with %s', async (_, content, reason) => {
    await expect(anImport('xlsx', content)).rejects.toThrow(reason);
  });
});
