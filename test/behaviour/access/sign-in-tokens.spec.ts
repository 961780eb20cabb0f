import { anAccessKey } from '../../support/access-keys.js';
import { Retention } from '../../../src/infrastructure/postgres/schema/retention.js';
import { Browser } from '../../support/cookie-client.js';
import { type Answer, fromElsewhere, type Service, startService } from '../../support/service.js';

describe('a sign-in token', () => {
  let service: Service;

  beforeAll(async () => (service = await startService({ environment: { TRUSTED_PROXIES: '127.0.0.1' } })));
  afterAll(() => service.stop());

  const aKey = () => anAccessKey(service);
  const issueFor = (keyId: number | string): Promise<Answer> =>
    service.request('POST', `/api/v1/keys/${keyId}/sign-in-tokens`);
  const tokenFor = async (keyId: number): Promise<string> => (await issueFor(keyId)).body.token;
  const use = (token: string, browser = new Browser(service.url)) =>
    browser.request('POST', '/api/v1/session', { json: { sign_in_token: token } });

  it('signs a person in once, without the access key', async () => {
    const { id, name } = await aKey();
    const { status, body, headers } = await issueFor(id);
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body.token).toMatch(/^[\w-]{43}$/);
    const hours = (Date.parse(body.expires_at) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThanOrEqual(24);
    const browser = new Browser(service.url);
    expect((await use(body.token, browser)).status).toBe(204);
    expect((await browser.get('/api/v1/session')).body).toMatchObject({ name, key_id: id, role: 'operator' });
    // An attempt that fails does not end the session that the browser has.
    expect(await use(body.token, browser)).toBeProblem('request.unauthorized');
    const sessions = await service.database.query('SELECT FROM sessions WHERE key_id = $1', [id]);
    expect(sessions).toHaveLength(1);
  });

  it('signs one person in, however many use it at the same time', async () => {
    const { id } = await aKey();
    for (let round = 0; round < 5; round++) {
      const token = await tokenFor(id);
      const answers = await Promise.all(Array.from({ length: 20 }, () => use(token)));
      expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
      for (const answer of answers)
        if (answer.status !== 204) expect(answer).toBeProblem('request.unauthorized');
    }
    const sessions = await service.database.query('SELECT FROM sessions WHERE key_id = $1', [id]);
    expect(sessions).toHaveLength(5);
  });

  it.each([
    ['expires', `UPDATE sign_in_tokens SET expires_at = now() WHERE key_id = $1`],
    ['is of a key that is revoked', `UPDATE access_keys SET revoked_at = now() WHERE id = $1`],
    [
      'is of a key that expires',
      `UPDATE access_keys SET created_at = now() - interval '1 s', expires_at = now() WHERE id = $1`,
    ],
  ])('is void when it %s', async (_, statement) => {
    const { id } = await aKey();
    const token = await tokenFor(id);
    await service.database.query(statement, [id]);
    const browser = new Browser(service.url);
    expect(await use(token, browser)).toBeProblem('request.unauthorized');
    expect(browser.cookie).toBeUndefined();
  });

  it('is void when the sessions of its key are ended', async () => {
    const { id } = await aKey();
    const token = await tokenFor(id);
    await service.request('DELETE', `/api/v1/keys/${id}/sessions`);
    expect(await use(token)).toBeProblem('request.unauthorized');
  });

  it('is void when 20 further ones of its key are not used', async () => {
    const { id } = await aKey();
    const tokens: string[] = [];
    for (let n = 0; n < 21; n++) tokens.push(await tokenFor(id));
    expect(await use(tokens[0]!)).toBeProblem('request.unauthorized');
    for (const token of tokens.slice(1)) expect((await use(token)).status).toBe(204);
  });

  it('is not created for a key that is inactive or does not exist', async () => {
    const { id } = await aKey();
    await service.request('POST', `/api/v1/keys/${id}/revoke`);
    expect(await issueFor(id)).toBeProblem('access-key.inactive');
    for (const unknown of ['999999', '99999999999999999999'])
      expect(await issueFor(unknown)).toBeProblem('access-key.not-found');
  });

  it('is stored as a digest only, and deleted once it has expired', async () => {
    const { id } = await aKey();
    const token = await tokenFor(id);
    const rows = () =>
      service.database.query<{ row: string }>(
        'SELECT t::text AS row FROM sign_in_tokens AS t WHERE key_id = $1',
        [id],
      );
    const [stored] = await rows();
    expect(stored!.row).not.toContain(token);
    expect(stored!.row).not.toContain(Buffer.from(token).toString('hex'));
    await service.database.query(
      `UPDATE sign_in_tokens SET expires_at = now() - interval '1 s' WHERE key_id = $1`,
      [id],
    );
    await service.app.get(Retention).deleteExpired();
    expect(await rows()).toEqual([]);
  });

  it('cannot be guessed: attempts count as those with a wrong key', async () => {
    const here = new Browser(service.url, fromElsewhere());
    for (let n = 0; n < 20; n++) expect(await use('a'.repeat(43), here)).toBeProblem('request.unauthorized');
    expect(await use('a'.repeat(43), here)).toBeProblem('request.rate-limited');
  });
});
