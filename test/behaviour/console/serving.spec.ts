import { readFileSync } from 'node:fs';
import { CONSOLE_HEADERS } from '../../../src/presentation/http/server/security-headers.js';
import { type Service, startService } from '../../support/service.js';

describe('the console', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  const send = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${service.url}${path}`, { method, headers });

  /** The script of the page, whose name changes with its content. */
  const scriptPath = async () => /src="(\/assets\/[^"]+\.js)"/.exec(await (await send('/')).text())![1]!;

  it.each(['/', '/incidents/42', '/statistics', '/no/such/page', '/?tab=mine&q=%3Cb%3E'])(
    'shows its page at %s, without an access key',
    async (path) => {
      const answer = await send(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('private, no-cache');
      for (const [name, value] of Object.entries(CONSOLE_HEADERS))
        expect(answer.headers.get(name)).toBe(value);
      expect(await answer.text()).toBe(readFileSync('dist/console/index.html', 'utf8'));
    },
  );

  it('lets its page show and play what this service sends, and nothing else', async () => {
    const policy = (await send('/', {}, 'HEAD')).headers.get('content-security-policy')!.split('; ');
    expect(policy).toEqual(
      expect.arrayContaining(["img-src 'self'", "media-src 'self'", "default-src 'none'"]),
    );
    expect(policy.join(' ')).not.toMatch(/blob:|data:|\*|unsafe/);
  });

  it.each(['/api/v1/nope', '/api', '/health/nope', '/docs/nope'])('is not shown at %s', async (path) => {
    expect(await service.get(path)).toBeProblem('request.route-not-found');
    expect(await service.request('POST', path, { json: {} })).toBeProblem('request.route-not-found');
  });

  it.each(['/assets/nope.js', '/nope.png'])('has no page in place of the missing file %s', async (path) => {
    expect(await service.get(path)).toBeProblem('request.route-not-found');
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])('answers %s with 405', async (method) => {
    const answer = await service.request(method, '/incidents/42');
    expect(answer).toBeProblem('request.method-not-allowed');
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
  });

  it('answers HEAD with the headers of GET', async () => {
    const [get, head] = [await send('/'), await send('/', {}, 'HEAD')];
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    for (const name of ['content-length', 'content-encoding', 'content-type', 'etag', 'vary']) {
      expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
    }
    await get.body?.cancel();
  });

  it('lets browsers store its scripts for good', async () => {
    const answer = await send(await scriptPath());
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    await answer.body?.cancel();
  });

  it.each([
    ['br, gzip', 'br'],
    ['gzip, deflate', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['identity', null],
  ])('sends to a client that accepts %s: %s', async (accepted, coding) => {
    const path = await scriptPath();
    const answer = await send(path, { 'Accept-Encoding': accepted });
    expect(answer.headers.get('content-encoding')).toBe(coding);
    expect(answer.headers.get('vary')).toBe('Accept-Encoding');
    const content = Buffer.from(await answer.arrayBuffer());
    expect(content.equals(readFileSync(`dist/console${path}`))).toBe(true);
  });

  it('gives each coding an entity tag of its own, and answers 304 to a client that has it', async () => {
    const tagOf = async (accepted: string) =>
      (await send('/', { 'Accept-Encoding': accepted }, 'HEAD')).headers.get('etag')!;
    const tags = [await tagOf('br'), await tagOf('gzip'), await tagOf('identity')];
    expect(new Set(tags).size).toBe(3);
    const has = (tag: string) => send('/', { 'Accept-Encoding': 'br', 'If-None-Match': tag });
    const unchanged = await has(`"x", W/${tags[0]}`);
    expect([unchanged.status, await unchanged.text()]).toEqual([304, '']);
    expect(unchanged.headers.get('etag')).toBe(tags[0]);
    const other = await has(tags[1]!);
    expect(other.status).toBe(200);
    await other.body?.cancel();
  });
});
