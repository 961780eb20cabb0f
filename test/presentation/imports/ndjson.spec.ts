import { anImport, rowsOf } from '../../support/import-files.js';

describe('an import of NDJSON', () => {
  it('reads the fields of the API, and rejects a line that is no object', async () => {
    const text = [
      '\uFEFF{"description": "a", "source": "partner", "urgent": true, "id": 7}',
      '',
      '[1]',
      '{"description":',
      '{"description": "b", "status": "resolved", "reported_at": "2024-05-01"}',
    ].join('\r\n');
    const opened = await anImport('ndjson', text);
    expect(opened.describe()).toContain('These columns are ignored: id.');
    expect(await rowsOf(opened)).toEqual([
      { description: 'a', source: 'partner', urgent: true, status: 'NEW', actor: 'import' },
      'the line must be a JSON object',
      expect.stringMatching(/^The line is not JSON/),
      {
        description: 'b',
        source: 'operator',
        status: 'RESOLVED',
        actor: 'import',
        reportedAt: new Date('2024-05-01T00:00:00Z'),
      },
    ]);
  });

  it('reads other members if a user names them', async () => {
    const columns = new Map([['description', 'text']] as const);
    expect(
      await rowsOf(await anImport('ndjson', '{"text": "a"}\n{"other": "b"}\n', { columns })),
    ).toMatchObject([{ description: 'a' }, 'description is missing']);
  });
});
