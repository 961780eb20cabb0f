import { randomUUID } from 'node:crypto';
import { REGISTERED_CHANNELS } from '../../../src/presentation/channels/registered-channels.js';
import { intakeCountsIn, countsSince } from '../../support/intake-counts.js';
import { KEY, logLines, type Service, startService } from '../../support/service.js';
import { csv, HEADER, withKeyInBody } from './csv/csv.channel.js';

const SECRET_ROLES = ['reader', 'reporter'] as const;

describe('a channel that is added by one folder and one line', () => {
  let service: Service;
  let keys: Record<(typeof SECRET_ROLES)[number], string>;
  beforeAll(async () => {
    const channels = [...REGISTERED_CHANNELS, csv, withKeyInBody];
    service = await startService({ channels });
    const issued = await Promise.all(
      SECRET_ROLES.map(async (role) => {
        const { body } = await service.request('POST', '/api/v1/keys', { json: { name: role, role } });
        return [role, body.secret] as const;
      }),
    );
    keys = Object.fromEntries(issued) as typeof keys;
  });
  afterAll(() => service.stop());

  const post = async (
    path: string,
    body: string,
    headers: Record<string, string> = { 'X-Access-Key': KEY },
  ) => {
    const response = await fetch(`${service.url}/api/v1/intake/${path}`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'text/csv', ...headers },
    });
    return { status: response.status, body: (await response.json()) as any };
  };
  /** Answers name channels that the published contract does not have, so `service.get` would reject them. */
  const get = async (path: string) =>
    (await (await fetch(service.url + path, { headers: { 'X-Access-Key': KEY } })).json()) as any;
  const rows = (...lines: string[]) => `${HEADER}\n${lines.join('\n')}\n`;
  const counts = (more: object) => ({ created: 0, duplicate: 0, updated: 0, quarantined: 0, ...more });
  const account = async () => intakeCountsIn((await service.get('/metrics')).text, 'csv');
  const incidents = () =>
    service.database.query<{ description: string; channel: string; actor: string }>(
      `SELECT description, channel FROM incidents WHERE channel LIKE 'csv%' OR channel = 'body-key' ORDER BY id`,
    );

  it('creates the incidents of its reports', async () => {
    expect(await post('csv', rows('first,partner,,', 'second,operator,,'))).toEqual({
      status: 200,
      body: counts({ created: 2 }),
    });
    expect(await incidents()).toEqual([
      { description: 'first', channel: 'csv' },
      { description: 'second', channel: 'csv' },
    ]);
  });

  it.each([
    ['no key', () => ({}), 401],
    ['a wrong key', () => ({ 'X-Access-Key': 'wrong' }), 401],
    ['a key that may not report', () => ({ 'X-Access-Key': keys.reader }), 403],
    ['a key that may report', () => ({ 'X-Access-Key': keys.reporter }), 200],
  ])('responds to a sender with %s by its permission', async (_, headers, status) => {
    expect(await post('csv', rows(`${randomUUID()},partner,,`), headers())).toMatchObject({ status });
  });

  it('rejects another content type with 415', async () => {
    const headers = { 'X-Access-Key': KEY, 'Content-Type': 'application/json' };
    expect(await post('csv', '{}', headers)).toMatchObject({ status: 415 });
  });

  it('counts received reports and their outcomes', async () => {
    const before = await account();
    await post('csv', rows(`${randomUUID()},partner,,`, 'a,nobody,,', 'too,few'));
    expect(countsSince(before, await account())).toMatchObject({ received: 3, created: 1, quarantined: 2 });
  });

  it('quarantines an invalid report alone, and a retry creates its incident once it is valid', async () => {
    const text = randomUUID();
    const answer = await post('csv', rows(`${text},partner,,`, `${text},nobody,,`));
    expect(answer.body).toEqual(counts({ created: 1, quarantined: 1 }));
    const page = await get('/api/v1/quarantine?channel=csv&limit=200');
    const quarantined = page.at(-1);
    expect(quarantined).toMatchObject({ channel: 'csv', reason: expect.stringContaining('source') });
    const payload = await service.get(`/api/v1/quarantine/${quarantined.id}/payload`);
    expect(payload.text).toBe(rows(`${text},nobody,,`));
    const retry = () => service.request('POST', `/api/v1/quarantine/${quarantined.id}/retry`);
    expect(await retry()).toBeProblem('quarantine.retry-failed');
    await service.database.query(`UPDATE intake_quarantine SET payload = $1 WHERE id = $2`, [
      Buffer.from(rows(`${text},operator,,`)),
      quarantined.id,
    ]);
    const accepted = await fetch(`${service.url}/api/v1/quarantine/${quarantined.id}/retry`, {
      method: 'POST',
      headers: { 'X-Access-Key': KEY },
    });
    expect(await accepted.json()).toMatchObject({ state: 'accepted' });
    expect((await incidents()).filter(({ description }) => description === text)).toHaveLength(2);
  });

  it('quarantines a body that cannot be translated as a whole', async () => {
    expect(await post('csv', 'no table')).toEqual({ status: 200, body: counts({ quarantined: 1 }) });
  });

  it('counts reports with one deduplication key as one incident of the channel', async () => {
    const key = randomUUID();
    await post('csv', rows(`first,partner,${key},`));
    const again = await post('csv', rows(`again,partner,${key},`));
    expect(again.body).toEqual(counts({ duplicate: 1 }));
    await service.report({ dedup_key: key });
    expect(await get(`/api/v1/incidents?dedup_key=${key}`)).toMatchObject([
      { channel: 'rest' },
      { channel: 'csv', occurrences: 2 },
    ]);
  });

  it('commits a report once, by its own idempotency key or that of the request', async () => {
    const own = `${randomUUID()},partner,,${randomUUID()}`;
    expect((await post('csv', rows(own))).body).toEqual(counts({ created: 1 }));
    expect((await post('csv', rows(own, `${randomUUID()},partner,,`))).body).toEqual(
      counts({ created: 1, duplicate: 1 }),
    );
    const headers = { 'X-Access-Key': KEY, 'Idempotency-Key': randomUUID() };
    const request = rows(`${randomUUID()},partner,,`);
    expect((await post('csv', request, headers)).body).toEqual(counts({ created: 1 }));
    expect((await post('csv', request, headers)).body).toEqual(counts({ duplicate: 1 }));
  });

  it('commits a body once if it is sent again after it was committed in part', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    await service.database.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'fail' USING ERRCODE = '53300'; END $$;
      CREATE TRIGGER fail BEFORE INSERT ON incidents FOR EACH ROW WHEN (NEW.description = '${second}')
        EXECUTE FUNCTION fail()`);
    const body = rows(`${first},partner,,`, `${second},partner,,`);
    expect(await post('csv', body)).toMatchObject({ status: 503 });
    await service.database.query('DROP TRIGGER fail ON incidents; DROP FUNCTION fail()');
    expect((await post('csv', body)).status).toBe(200);
    const found = (await incidents()).map(({ description }) => description);
    expect(found.filter((text) => text === first || text === second).toSorted()).toEqual(
      [first, second].toSorted(),
    );
  });

  it('is in the contract, the filters and the metrics', async () => {
    const document = await get('/docs/openapi.json');
    expect(document.paths['/api/v1/intake/csv'].post).toMatchObject({
      operationId: 'receiveCsv',
      tags: ['Webhooks'],
      summary: 'Receive reports as CSV',
      requestBody: { content: { 'text/csv': { examples: csv.examples } } },
      responses: { 200: {}, 401: {}, 403: {}, 413: {}, 415: {}, 503: {} },
    });
    expect(document.components.schemas.IncidentChannel.enum).toEqual([
      ...REGISTERED_CHANNELS.map(({ name }) => name),
      'csv',
      'body-key',
    ]);
    expect(await service.get('/api/v1/quarantine?channel=nothing')).toBeProblem('request.invalid');
    expect((await service.get('/metrics')).text).toContain('quarantine_used_ratio{channel="csv"}');
  });

  describe('with the access key elsewhere', () => {
    const basic = (credentials: string) => ({
      Authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    });

    it.each([
      ['the path', () => post(`csv/k/${keys.reporter}`, rows(`${randomUUID()},partner,,`), {})],
      ['the password', () => post('csv', rows(`${randomUUID()},partner,,`), basic(`any:${keys.reporter}`))],
      ['the user name', () => post('csv', rows(`${randomUUID()},partner,,`), basic(`${keys.reporter}:`))],
      ['the body', () => post('body-key', JSON.stringify({ routing_key: keys.reporter, text: 'a' }), {})],
    ])('accepts it in %s', async (_, send) => {
      expect(await send()).toMatchObject({ status: 200, body: { created: 1 } });
    });

    it.each([
      ['the path', () => post('csv/k/wrong', rows('a,partner,,'), {})],
      ['the password', () => post('csv', rows('a,partner,,'), basic('any:wrong'))],
      ['the body', () => post('body-key', JSON.stringify({ routing_key: 'wrong', text: 'a' }), {})],
      ['a body without one', () => post('body-key', JSON.stringify({ text: 'a' }), {})],
    ])('rejects a wrong one in %s with 401', async (_, send) => {
      expect(await send()).toMatchObject({ status: 401 });
    });

    it('writes the key neither to the log, nor to problems, nor to the quarantine', async () => {
      logLines.length = 0;
      const answers = [
        await post(`csv/k/${keys.reporter}`, rows('a,nobody,,'), {}),
        await post(`csv/k/${keys.reporter}?unknown=1`, rows('a,nobody,,'), {}),
        await post(`csv/k/${keys.reader}`, rows('a,partner,,'), {}),
        await post('body-key', JSON.stringify({ routing_key: keys.reporter, text: '' }), {}),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 400, 403, 200]);
      const { rows: stored } = { rows: await service.database.query('SELECT * FROM intake_quarantine') };
      const written = JSON.stringify([logLines, answers, stored.map(textOf)]);
      expect(logLines.length).toBeGreaterThan(0);
      expect(written).toContain('[access key]');
      for (const key of Object.values(keys)) expect(written).not.toContain(key);
    });
  });
});

/** A row with its bytes as text. */
const textOf = (row: object) =>
  Object.values(row).map((value) => (Buffer.isBuffer(value) ? value.toString() : value));
