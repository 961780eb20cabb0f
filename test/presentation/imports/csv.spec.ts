import { anImport, rowsOf } from '../../support/import-files.js';

const DEFAULTS = { source: 'operator', status: 'NEW', actor: 'import' };

/** Windows-1251, for Cyrillic letters and ASCII. */
const inWindows1251 = (text: string): Buffer =>
  Buffer.from(
    Array.from(text, (letter) => {
      const code = letter.codePointAt(0)!;
      if (code < 0x80) return code;
      return code - 0x410 + 0xc0;
    }),
  );

describe('an import of CSV', () => {
  it('reads the fields of the API by the names of columns, in any case and order', async () => {
    const text =
      'Actor,DESCRIPTION,source,urgent,status,dedup_key,origin,reported_at\n' +
      'Анна,Касса 3,Partner,да,closed,till-3,shop:3,2024-05-01T10:00:00+03:00\n';
    expect(await rowsOf(await anImport('csv', text))).toEqual([
      {
        actor: 'Анна',
        description: 'Касса 3',
        source: 'partner',
        urgent: true,
        status: 'CLOSED',
        dedupKey: 'till-3',
        origin: 'shop:3',
        reportedAt: new Date('2024-05-01T07:00:00Z'),
      },
    ]);
  });

  it.each([
    ['UTF-8', Buffer.from('description;x\nКасса;1\n'), 'The encoding is UTF-8: it is valid UTF-8.'],
    [
      'UTF-8 with a mark',
      Buffer.from('\uFEFFdescription;x\nКасса;1\n'),
      'The encoding is UTF-8: it has a byte order mark.',
    ],
    [
      'UTF-16 of Excel',
      Buffer.from('\uFEFFdescription\tx\nКасса\t1\n', 'utf16le'),
      'The encoding is UTF-16LE: it has a byte order mark.',
    ],
    [
      'Windows-1251',
      inWindows1251('description;x\nКасса;1\n'),
      'The encoding is Windows-1251: it is not UTF-8.',
    ],
  ])('reads %s, and says so', async (_, content, assumption) => {
    const opened = await anImport('csv', content);
    expect(opened.describe()).toContain(assumption);
    expect(await rowsOf(opened)).toEqual([{ ...DEFAULTS, description: 'Касса' }]);
  });

  it.each([
    ['commas', 'description,x\n"a, b;c",1\n'],
    ['semicolons', 'description;"x,y,z,w"\n"a, b;c";1\n'],
    ['the delimiter that the line for Excel names', 'sep=|\r\ndescription|a;b;c\r\na, b;c|1\r\n'],
  ])('finds out that the delimiter is %s', async (_, text) => {
    expect(await rowsOf(await anImport('csv', text))).toEqual([{ ...DEFAULTS, description: 'a, b;c' }]);
  });

  it('removes the apostrophe that keeps a spreadsheet from computing a text, and no other one', async () => {
    const text = `description\n'=1+1\n'-5 °C\n'quoted'\n`;
    const rows = await rowsOf(await anImport('csv', text));
    expect(rows).toMatchObject([
      { description: '=1+1' },
      { description: '-5 °C' },
      { description: "'quoted'" },
    ]);
  });

  it('keeps quotes and line breaks within cells, and skips empty rows', async () => {
    const text = 'description;actor\r\n"a ""b""\nc";Анна\r\n;;\r\n\r\nd "e" f;\r\n';
    expect(await rowsOf(await anImport('csv', text))).toMatchObject([
      { description: 'a "b"\nc', actor: 'Анна' },
      { description: 'd "e" f', actor: 'import' },
    ]);
  });

  it('rejects a row with the reason, and goes on', async () => {
    const text = [
      'description,source,reported_at,urgent',
      ',partner,,',
      'a,somebody,,',
      'b,,31.02.2024,',
      'c,,,perhaps',
      'd,,,,,e',
      `${'x'.repeat(10_001)},,,`,
      'last,,,',
    ].join('\n');
    expect(await rowsOf(await anImport('csv', text))).toEqual([
      'description is missing',
      'source must be one of the following values: operator, monitoring, partner.',
      expect.stringMatching(/^reported_at must be a time such as/),
      'urgent must be true or false.',
      'the row has more cells than the 4 columns of the header',
      'description must be at most 10000 characters long.',
      { ...DEFAULTS, description: 'last' },
    ]);
  });

  it('reads fields from the columns that a user names', async () => {
    const opened = await anImport('csv', 'Текст;Дата;x\na;01.05.2024 10:00;1\n', {
      columns: new Map([
        ['description', 'Текст'],
        ['reported_at', 'дата'],
      ]),
      timeZone: 'Europe/Moscow',
    });
    expect(opened.describe()).toEqual(
      expect.arrayContaining([
        'description is read from "Текст".',
        'reported_at is read from "Дата".',
        'These columns are ignored: x.',
      ]),
    );
    expect(await rowsOf(opened)).toEqual([
      { ...DEFAULTS, description: 'a', reportedAt: new Date('2024-05-01T07:00:00Z') },
    ]);
  });

  it.each([
    [
      'no column for the description',
      'a;b\n1;2\n',
      'it has no column "description" (its columns: a, b); name others such as description=a',
    ],
    ['HTML', '<!DOCTYPE html><html>', 'it is HTML, and not CSV'],
    ['nothing', '', 'it is empty'],
  ])('says what is wrong with a file that has %s', async (_, text, reason) => {
    await expect(anImport('csv', text)).rejects.toThrow(`The file cannot be imported: ${reason}.`);
  });

  it('says that a quote has no end', async () => {
    await expect(anImport('csv', 'description\n"a\nb\n')).rejects.toThrow(/it is no valid CSV \(.*quote/i);
  });
});
