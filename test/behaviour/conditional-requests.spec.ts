import { type Service, startService } from '../support/service.js';

describe('entity tags', () => {
  let service: Service;
  let path: string;
  let etag: string;

  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());
  beforeEach(async () => {
    const { headers } = await service.report();
    [path, etag] = [headers.get('location')!, headers.get('etag')!];
  });

  const append = (headers?: Record<string, string>) =>
    service.patch(path, { description_append: 'b' }, headers);

  it('are strong, and change with every change', async () => {
    const appended = (await append()).headers.get('etag');
    const moved = (await service.patch(`${path}/status`, { status: 'IN_PROGRESS' })).headers.get('etag');
    expect(new Set([etag, appended, moved]).size).toBe(3);
    for (const tag of [etag, appended, moved]) expect(tag).toMatch(/^"\d+-\d+"$/);
    expect((await service.get(path)).headers.get('etag')).toBe(moved);
  });

  it('are given to incidents alone', async () => {
    expect((await service.get('/api/v1/incidents')).headers.has('etag')).toBe(false);
  });

  it.each([
    ['the tag', () => etag],
    ['the tag among others', () => `"0-0", ${etag}`],
    ['the tag, weak', () => `W/${etag}`],
    ['*', () => '*'],
  ])('answer 304 to If-None-Match with %s', async (_, header) => {
    const answer = await service.get(path, { 'If-None-Match': header() });
    expect(answer.status).toBe(304);
    expect(answer.text).toBe('');
    expect(answer.headers.get('etag')).toBe(etag);
  });

  it('answer 200 to If-None-Match with an older tag', async () => {
    await append();
    expect((await service.get(path, { 'If-None-Match': etag })).status).toBe(200);
  });

  it.each([
    ['the tag', () => etag],
    ['the tag among others', () => `"0-0", ${etag}`],
    ['*', () => '*'],
  ])('let a change with If-Match of %s in', async (_, header) => {
    expect((await append({ 'If-Match': header() })).status).toBe(200);
  });

  it.each([
    ['an older version', async () => (await append(), etag)],
    ['another incident', async () => (await service.report()).headers.get('etag')!],
    ['a weak tag', async () => `W/${etag}`],
    ['no tag at all', async () => 'sixteen'],
    ['the tag without quotes', async () => etag.replaceAll('"', '')],
    ['nothing', async () => ' '],
  ])('keep a change with If-Match of %s out', async (_, header) => {
    const ifMatch = await header();
    const before = await service.get(path);
    const answer = await append({ 'If-Match': ifMatch });
    expect(answer).toBeProblem('incident.version-mismatch');
    const byStatus = await service.patch(
      `${path}/status`,
      { status: 'IN_PROGRESS' },
      { 'If-Match': ifMatch },
    );
    expect(byStatus).toBeProblem('incident.version-mismatch');
    expect((await service.get(path)).text).toBe(before.text);
  });
});
