import { type Service, startService } from '../../support/service.js';

describe('conditional requests', () => {
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

  it('have strong entity tags that differ after every change', async () => {
    const appended = (await append()).headers.get('etag');
    const moved = (await service.patch(`${path}/status`, { status: 'IN_PROGRESS' })).headers.get('etag');
    expect(new Set([etag, appended, moved]).size).toBe(3);
    for (const tag of [etag, appended, moved]) expect(tag).toMatch(/^"\d+-\d+"$/);
    expect((await service.get(path)).headers.get('etag')).toBe(moved);
  });

  it('have entity tags for incidents only', async () => {
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
  ])('apply a change with If-Match of %s', async (_, header) => {
    expect((await append({ 'If-Match': header() })).status).toBe(200);
  });

  it.each([
    ['an older version', async () => (await append(), etag)],
    ['another incident', async () => (await service.report()).headers.get('etag')!],
    ['a weak tag', async () => `W/${etag}`],
    ['no tag at all', async () => 'sixteen'],
    ['the tag without quotes', async () => etag.replaceAll('"', '')],
    ['nothing', async () => ' '],
  ])('reject a change with If-Match of %s with 412', async (_, header) => {
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

  it.each([
    ['a tag with a comma before', () => `"a,b", ${etag}`],
    ['empty places in the list', () => `, ,${etag} ,`],
  ])('parse a list of tags with %s', async (_, header) => {
    expect((await append({ 'If-Match': header() })).status).toBe(200);
    etag = (await service.get(path)).headers.get('etag')!;
    expect((await service.get(path, { 'If-None-Match': header() })).status).toBe(304);
  });

  it.each([
    ['a tag within another', () => `"a, ${etag.slice(1)}`],
    ['leading zeros in the version', () => etag.replace(/(\d+)"$/, '0$1"')],
    ['leading zeros in the id', () => etag.replace('"', '"0')],
    ['a lower-case weak mark', () => `w/${etag}`],
    ['a star among tags', () => `*, ${etag}`],
  ])('compare tags character by character: %s is another tag', async (_, header) => {
    expect(await append({ 'If-Match': header() })).toBeProblem('incident.version-mismatch');
    expect((await service.get(path, { 'If-None-Match': header() })).status).toBe(200);
  });

  describe('If-None-Match of a change', () => {
    it.each([
      ['*', () => '*'],
      ['the tag', () => etag],
      ['the tag, weak', () => `W/${etag}`],
      ['the tag among others', () => `"0-0", ${etag}`],
    ])('rejects the change if it has %s', async (_, header) => {
      const before = await service.get(path);
      expect(await append({ 'If-None-Match': header() })).toBeProblem('incident.version-mismatch');
      const status = { status: 'IN_PROGRESS' };
      const moved = await service.patch(`${path}/status`, status, { 'If-None-Match': header() });
      expect(moved).toBeProblem('incident.version-mismatch');
      expect((await service.get(path)).text).toBe(before.text);
    });

    it('applies the change if it has another tag', async () => {
      expect((await append({ 'If-None-Match': '"0-0", W/"1-99"' })).status).toBe(200);
    });

    it('rejects the change if it is invalid, and is ignored for a read', async () => {
      expect(await append({ 'If-None-Match': 'sixteen' })).toBeProblem('incident.version-mismatch');
      expect((await service.get(path, { 'If-None-Match': 'sixteen' })).status).toBe(200);
    });

    it('is evaluated together with If-Match', async () => {
      expect(await append({ 'If-Match': etag, 'If-None-Match': etag })).toBeProblem(
        'incident.version-mismatch',
      );
      expect((await append({ 'If-Match': etag, 'If-None-Match': '"0-0"' })).status).toBe(200);
    });
  });

  describe('If-Match of a read', () => {
    it.each([
      ['the tag', 200, () => etag],
      ['*', 200, () => '*'],
      ['another tag', 412, () => '"0-0"'],
      ['the tag, weak', 412, () => `W/${etag}`],
    ])('with %s is answered with %s', async (_, status, header) => {
      expect((await service.get(path, { 'If-Match': header() })).status).toBe(status);
      expect((await service.request('HEAD', path, { headers: { 'If-Match': header() } })).status).toBe(
        status,
      );
    });

    it('is evaluated before If-None-Match', async () => {
      const both = { 'If-Match': '"0-0"', 'If-None-Match': etag };
      expect(await service.get(path, both)).toBeProblem('incident.version-mismatch');
      expect((await service.get(path, { ...both, 'If-Match': etag })).status).toBe(304);
    });

    it.each<Record<string, string>>([{ 'If-Match': '"0-0"' }, { 'If-None-Match': '*' }])(
      'does not affect a 404: %j',
      async (headers) => {
        expect(await service.get('/api/v1/incidents/999999', headers)).toBeProblem('incident.not-found');
      },
    );

    it('applies to a lookup by idempotency key too', async () => {
      const headers = { 'Idempotency-Key': 'tagged' };
      const json = { description: 'a', source: 'operator' };
      const tag = (await service.request('POST', '/api/v1/incidents', { json, headers })).headers.get(
        'etag',
      )!;
      const byKey = '/api/v1/incidents/by-idempotency-key/tagged';
      expect(await service.get(byKey, { 'If-Match': '"0-0"' })).toBeProblem('incident.version-mismatch');
      expect((await service.get(byKey, { 'If-None-Match': tag })).status).toBe(304);
    });
  });

  describe('preconditions of a report', () => {
    const report = (headers: Record<string, string>, type = 'application/json') =>
      service.request('POST', '/api/v1/incidents', {
        body: '{"description":"a","source":"operator"}\n',
        headers: { 'Content-Type': type, ...headers },
      });

    it.each<Record<string, string>>([
      { 'If-None-Match': '*' },
      { 'If-None-Match': 'x' },
      { 'If-Match': '"1-1"' },
    ])('are rejected with 412, in a stream too: %j', async (headers) => {
      expect(await report(headers)).toBeProblem('request.precondition-failed');
      expect(await report(headers, 'application/x-ndjson')).toBeProblem('request.precondition-failed');
    });

    it.each<Record<string, string>>([{ 'If-None-Match': '"1-1"' }, { 'If-Match': '*' }])(
      'are satisfied: %j',
      async (headers) => expect((await report(headers)).status).toBe(201),
    );
  });

  it('reject a replay with another precondition as another request', async () => {
    const keyed = (headers: Record<string, string>) => append({ 'Idempotency-Key': path, ...headers });
    const first = await keyed({ 'If-Match': etag });
    expect(first.status).toBe(200);
    const again = await keyed({ 'If-Match': etag });
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const others: Record<string, string>[] = [{}, { 'If-Match': '*' }, { 'If-None-Match': '"0-0"' }];
    for (const other of others) expect(await keyed(other)).toBeProblem('idempotency.key-reused');
  });

  it('store the digest of the body alone for a request without preconditions', async () => {
    const body = '{"description_append":"b"}';
    await append({ 'Idempotency-Key': `${path} plain`.replace(' ', '-') });
    const [row] = await service.database.query<{ same: boolean }>(
      `SELECT fingerprint = sha256(convert_to($1, 'UTF8')) AS same FROM idempotency_records WHERE key = $2`,
      [body, `${path}-plain`],
    );
    expect(row).toEqual({ same: true });
  });
});
