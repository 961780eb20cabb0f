import { randomBytes } from 'node:crypto';
import { aForm } from '../../support/forms.js';
import { KEY, type Service, startService } from '../../support/service.js';
import { requireContract } from '../../support/contract.js';

const CHUNK_BYTES = 256 * 1024;

describe('an attachment', () => {
  const bytes = randomBytes(2 * CHUNK_BYTES + 1_000);
  let service: Service;
  let path: string;
  let tag: string;
  beforeAll(async () => {
    service = await startService();
    path = await attached('Отчёт "3".bin', bytes);
    tag = (await get()).headers.get('etag')!;
  });
  afterAll(() => service.stop());

  async function attached(name: string, content: Buffer | string): Promise<string> {
    const { id } = (await service.report()).body;
    const body = aForm([{ name, bytes: content }]);
    const answer = await service.request('POST', `/api/v1/incidents/${id}/attachments`, { body });
    return answer.headers.get('location')!;
  }

  async function get(headers: Record<string, string> = {}, of = path, method = 'GET') {
    const response = await fetch(service.url + of, { method, headers: { 'X-Access-Key': KEY, ...headers } });
    const body = Buffer.from(await response.arrayBuffer());
    const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
    const checked = isProblem ? JSON.parse(body.toString()) : '';
    requireContract(method, of, { status: response.status, headers: response.headers, body: checked });
    return { status: response.status, headers: response.headers, body };
  }

  it('is sent whole, with its name and a strong entity tag', async () => {
    const { status, headers, body } = await get();
    expect(status).toBe(200);
    expect(body.equals(bytes)).toBe(true);
    expect(headers.get('content-length')).toBe(String(bytes.length));
    expect(tag).toMatch(/^"[0-9a-f]{64}"$/);
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="[^"]*"; filename\*=UTF-8''%D0%9E%D1%82%D1%87/,
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain('sandbox');
    expect(headers.get('cache-control')).toBe('private, no-cache');
  });

  it('is not sent again to a client that has it', async () => {
    const { status, body } = await get({ 'If-None-Match': tag });
    expect([status, body.length]).toEqual([304, 0]);
    expect((await get({ 'If-Match': '"other"' })).status).toBe(412);
    expect((await get({ 'If-Match': tag })).status).toBe(200);
  });

  it('is described to HEAD', async () => {
    const { status, headers, body } = await get({}, path, 'HEAD');
    expect([status, body.length]).toEqual([200, 0]);
    expect(headers.get('content-length')).toBe(String(bytes.length));
    expect(headers.get('etag')).toBe(tag);
    expect(headers.get('accept-ranges')).toBe('bytes');
  });

  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=10-99', 10, 100],
    [`bytes=${CHUNK_BYTES - 1}-${CHUNK_BYTES}`, CHUNK_BYTES - 1, CHUNK_BYTES + 1],
    [`bytes=${CHUNK_BYTES}-`, CHUNK_BYTES, bytes.length],
    ['bytes=-500', bytes.length - 500, bytes.length],
    ['bytes=0-99999999', 0, bytes.length],
  ])('is sent in part for %s', async (range, start, end) => {
    const { status, headers, body } = await get({ Range: range });
    expect(status).toBe(206);
    expect(headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${bytes.length}`);
    expect(headers.get('content-length')).toBe(String(end - start));
    expect(body.equals(bytes.subarray(start, end))).toBe(true);
  });

  it.each(['bytes=0-1,5-6', 'bytes=x', 'lines=1-2'])('is sent whole for %s', async (range) => {
    expect((await get({ Range: range })).status).toBe(200);
  });

  it('has no part beyond its end', async () => {
    const { status, headers, body } = await get({ Range: `bytes=${bytes.length}-` });
    expect(status).toBe(416);
    expect(headers.get('content-range')).toBe(`bytes */${bytes.length}`);
    expect(headers.get('content-disposition')).toBeNull();
    expect(JSON.parse(body.toString())).toMatchObject({ code: 'request.range-not-satisfiable' });
  });

  it('is sent whole if the client has a part of another file', async () => {
    expect((await get({ Range: 'bytes=0-9', 'If-Range': tag })).status).toBe(206);
    expect((await get({ Range: 'bytes=0-9', 'If-Range': '"other"' })).status).toBe(200);
    expect((await get({ Range: 'bytes=0-9', 'If-Range': `W/${tag}` })).status).toBe(200);
  });

  it('is empty if the file was', async () => {
    const empty = await attached('пусто', '');
    const { status, headers, body } = await get({}, empty);
    expect([status, body.length, headers.get('content-length')]).toEqual([200, 0, '0']);
    expect((await get({ Range: 'bytes=0-0' }, empty)).status).toBe(416);
  });

  it('does not exist under another number or incident', async () => {
    for (const [other, code] of [
      [path.replace(/\d+$/, '2'), 'attachment.not-found'],
      [path.replace(/\d+$/, '9'.repeat(20)), 'attachment.not-found'],
      [path.replace(/\d+$/, '2147483648'), 'attachment.not-found'],
      [path.replace(/\d+$/, '0'), 'request.invalid'],
      [path.replace(/\d+$/, '..%2f1'), 'request.invalid'],
      [path.replace(/incidents\/\d+/, 'incidents/999999'), 'incident.not-found'],
    ] as const)
      expect(await service.get(other)).toBeProblem(code);
    expect(await service.get(`${path}?size=1`)).toBeProblem('request.invalid');
    expect(await service.get(`${path}?preview=641`)).toBeProblem('request.invalid');
  });

  it('breaks off where the stored bytes are not those that were attached, and counts that', async () => {
    const damaged = await attached('a', bytes);
    const corrupt = (index: number) =>
      service.database.query(`
        UPDATE attachment_chunks SET bytes = set_byte(bytes, 7, get_byte(bytes, 7) # 1)
        WHERE index = ${index} AND attachment_id = (SELECT max(id) FROM attachments)`);
    const corrupted = async () =>
      Number(/^attachments_corrupted_total (\d+)$/m.exec((await service.get('/metrics')).text)![1]);
    await corrupt(1);
    expect(await corrupted()).toBe(0);
    await expect(get({}, damaged)).rejects.toThrow('terminated');
    // The other chunks are intact.
    expect((await get({ Range: 'bytes=0-9' }, damaged)).status).toBe(206);
    expect(await corrupted()).toBe(1);
    await corrupt(0);
    const whole = await fetch(service.url + damaged, { headers: { 'X-Access-Key': KEY } });
    expect(whole.status).toBe(500);
    expect(whole.headers.get('content-disposition')).toBeNull();
    expect(await whole.json()).toMatchObject({ code: 'service.internal-error' });
    expect(await corrupted()).toBe(2);
  });

  it('breaks off before its end where the digest of the whole does not match', async () => {
    const swapped = await attached('a', bytes);
    await service.database.query(`
      UPDATE attachment_chunks AS one SET bytes = other.bytes, sha256 = other.sha256
      FROM attachment_chunks AS other
      WHERE one.attachment_id = (SELECT max(id) FROM attachments) AND other.attachment_id = one.attachment_id
        AND one.index + other.index = 1 AND one.index < 2`);
    await expect(get({}, swapped)).rejects.toThrow('terminated');
  });
});
