import { IdempotencyRetention } from '../../src/infrastructure/persistence/idempotency-retention.js';
import { accountOf, expectBalanced } from '../support/accounts.js';
import { anAlert, aNotification } from '../support/alerts.js';
import { type Service, startService } from '../support/service.js';

const PATH = '/api/v1/intake/alertmanager';

describe('a notification of Alertmanager', () => {
  let service: Service;
  let other: Service;
  beforeAll(async () => {
    service = await startService();
    other = await startService({ on: service.database.service });
  });
  afterAll(async () => {
    const account = accountOf((await service.get('/metrics')).text, 'alertmanager');
    expectBalanced(account);
    await other.app.close();
    await other.dataSource.destroy();
    await service.stop();
  });

  const send = (json: unknown, to: Service = service) => to.request('POST', PATH, { json });
  const sendBytes = (body: string, headers: Record<string, string> = {}) =>
    service.request('POST', PATH, { body, headers });
  const incidentsOf = async (fingerprint: string) =>
    (await service.get(`/api/v1/incidents?dedup_key=${fingerprint}&sort=created_at`)).body;
  const eventsOf = async (id: number) => (await service.get(`/api/v1/incidents/${id}/events`)).body;
  const taken = (more: object) => ({
    status: 200,
    body: { created: 0, repeated: 0, applied: 0, quarantined: 0, ...more },
  });

  it('makes incidents, counts repeats, and resolves by legal moves', async () => {
    const resolved = aNotification(anAlert('life', { status: 'resolved' }));
    expect(await send(aNotification(anAlert('life')))).toMatchObject(taken({ created: 1 }));
    const [incident] = await incidentsOf('life');
    expect(incident).toMatchObject({
      status: 'NEW',
      source: 'monitoring',
      channel: 'alertmanager',
      dedup_key: 'life',
      occurrences: 1,
    });
    expect(await send(aNotification(anAlert('life')))).toMatchObject(taken({ repeated: 1 }));
    expect(await send(resolved)).toMatchObject(taken({ applied: 1 }));
    expect(await incidentsOf('life')).toMatchObject([{ status: 'RESOLVED', occurrences: 2 }]);
    expect((await eventsOf(incident.id)).map(({ type, to }: any) => to ?? type)).toEqual([
      'reported',
      'repeated',
      'IN_PROGRESS',
      'RESOLVED',
    ]);
    for (const { actor, channel } of await eventsOf(incident.id)) {
      expect([actor, channel]).toEqual(['alertmanager', 'alertmanager']);
    }
    expect(await send(resolved)).toMatchObject(taken({ applied: 1 }));
    expect(await eventsOf(incident.id)).toHaveLength(4);
  });

  it('brings back what fires again, and begins anew what was closed', async () => {
    const fire = () => send(aNotification(anAlert('again')));
    await fire();
    await send(aNotification(anAlert('again', { status: 'resolved' })));
    await fire();
    expect(await incidentsOf('again')).toMatchObject([{ status: 'IN_PROGRESS', occurrences: 2 }]);
    await send(aNotification(anAlert('again', { status: 'resolved', endsAt: '2026-11-20T11:00:00Z' })));
    const [{ id }] = await incidentsOf('again');
    await service.patch(`/api/v1/incidents/${id}/status`, { status: 'CLOSED' });
    expect(await fire()).toMatchObject(taken({ created: 1 }));
    expect((await incidentsOf('again'))[1]).toMatchObject({ status: 'NEW', previous_id: id });
  });

  it('passes over a problem that nobody knows, and one that a person has resolved', async () => {
    const resolved = aNotification(anAlert('unknown', { status: 'resolved' }));
    expect(await send(resolved)).toMatchObject(taken({ applied: 1 }));
    expect(await incidentsOf('unknown')).toEqual([]);
  });

  it('may have 500 alerts, and is taken in once by two that get it at the same time', async () => {
    const alerts = Array.from({ length: 500 }, (_, n) => anAlert(`many-${n}`));
    const notification = aNotification(...alerts);
    const answers = await Promise.all([send(notification), send(notification, other)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const { rows } = await countsOf(service, 'many-');
    expect(rows).toEqual([{ incidents: 500, occurrences: 500 }]);
  });

  it('may have more alerts than the register has room for at once', async () => {
    const alerts = Array.from({ length: 12_000 }, (_, n) => anAlert(`crowd-${n}`));
    expect(await send(aNotification(...alerts))).toMatchObject(taken({ created: 12_000 }));
  });

  it('that was taken in by half is taken in once', async () => {
    const alerts = Array.from({ length: 40 }, (_, n) => anAlert(`half-${n}`));
    const { database } = service;
    // The database refuses the one alert, for as long as it does.
    await database.query(`
      CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.dedup_key = 'half-7' THEN RAISE EXCEPTION 'stumble' USING ERRCODE = '53300'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER stumble BEFORE INSERT ON incidents FOR EACH ROW EXECUTE FUNCTION stumble()`);
    const refused = await send(aNotification(...alerts));
    expect(refused).toBeProblem('register.unavailable');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await countsOf(service, 'half-')).rows).toEqual([{ incidents: 39, occurrences: 39 }]);
    await database.query('DROP TRIGGER stumble ON incidents; DROP FUNCTION stumble()');
    expect((await send(aNotification(...alerts))).status).toBe(200);
    expect((await countsOf(service, 'half-')).rows).toEqual([{ incidents: 40, occurrences: 40 }]);
    await send(aNotification(...alerts));
    expect((await countsOf(service, 'half-')).rows).toEqual([{ incidents: 40, occurrences: 80 }]);
  });

  it('is forgotten when it has not come for as long as requests are remembered', async () => {
    const { database, app } = service;
    await send(aNotification(anAlert('rare')));
    const count = async () =>
      (await database.query<{ count: number }>('SELECT count(*)::int AS count FROM intake_deliveries'))[0]!
        .count;
    const before = await count();
    await database.query(`
      UPDATE intake_deliveries SET at = now() - interval '8 days'
      WHERE at = (SELECT max(at) FROM intake_deliveries)`);
    expect(await app.get(IdempotencyRetention).forget()).toBe(1);
    expect(await count()).toBe(before - 1);
  });

  it('that cannot be understood is kept, byte by byte, and answered 200', async () => {
    const bytes = '{"version":"4","alerts":[';
    expect(await sendBytes(bytes)).toMatchObject(taken({ quarantined: 1 }));
    const { body } = await service.get('/api/v1/quarantine?channel=alertmanager&limit=200');
    const kept = body.find(({ excerpt }: { excerpt: string }) => excerpt === bytes);
    expect(kept).toMatchObject({ channel: 'alertmanager', state: 'waiting', size: bytes.length });
    expect(kept.reason).toContain('not JSON');
    expect((await service.get(`/api/v1/quarantine/${kept.id}/payload`)).text).toBe(bytes);
  });

  it('with a member twice is kept, and one after a byte order mark is taken in', async () => {
    const bytes = JSON.stringify(aNotification(anAlert('marked')));
    const twice = bytes.replace('{', '{"version":"3",');
    expect(await sendBytes(twice)).toMatchObject(taken({ quarantined: 1 }));
    const { body } = await service.get('/api/v1/quarantine?channel=alertmanager&limit=200');
    expect(body.at(-1)).toMatchObject({ reason: 'The body has the member version twice.' });
    expect(await sendBytes(`\uFEFF${bytes}`)).toMatchObject(taken({ created: 1 }));
    expect(await incidentsOf('marked')).toHaveLength(1);
  });

  it('with an alert that cannot be taken in has others that can', async () => {
    const bad = [null, anAlert('long', { annotations: { summary: 'x'.repeat(10_000) } }), anAlert('\0')];
    const answer = await send(aNotification(anAlert('good-1'), ...bad, anAlert('good-2')));
    expect(answer).toMatchObject(taken({ created: 2, quarantined: 3 }));
    expect(await incidentsOf('good-2')).toHaveLength(1);
    const { body } = await service.get('/api/v1/quarantine?channel=alertmanager&limit=200');
    const reasons = body.map(({ reason }: { reason: string }) => reason);
    expect(reasons).toContain('The text must be at most 10000 characters long.');
  });

  it('of which nothing can be read is kept as one piece', async () => {
    const bytes = JSON.stringify({ version: '4', alerts: Array.from({ length: 20_000 }, (_, n) => n) });
    expect(await sendBytes(bytes)).toMatchObject(taken({ quarantined: 1 }));
    const { body } = await service.get('/api/v1/quarantine?channel=alertmanager&limit=200');
    const [kept, ...others] = body.filter(({ reason }: { reason: string }) =>
      reason.startsWith('20000 alerts'),
    );
    expect(others).toEqual([]);
    expect(kept.reason).toContain('An alert must be a JSON object.');
    expect((await service.get(`/api/v1/quarantine/${kept.id}/payload`)).text).toBe(bytes);
    expect(await sendBytes(JSON.stringify({ version: 'x'.repeat(1_000_000) }))).toMatchObject(
      taken({ quarantined: 1 }),
    );
    const { body: after } = await service.get('/api/v1/quarantine?channel=alertmanager&limit=200');
    expect(after.at(-1).reason).toHaveLength(1_000);
  });

  it('may be of any media type, packed, empty or large; not larger than 4 MiB', async () => {
    const json = JSON.stringify(aNotification(anAlert('typed')));
    expect(await sendBytes(json, { 'Content-Type': 'text/plain' })).toMatchObject(taken({ created: 1 }));
    expect(await sendBytes('')).toMatchObject(taken({ quarantined: 1 }));
    expect(await sendBytes('x'.repeat(1024 * 1024))).toMatchObject(taken({ quarantined: 1 }));
    expect(await sendBytes('x'.repeat(4 * 1024 * 1024 + 1))).toBeProblem('request.body-too-large');
  });
});

async function countsOf(service: Service, prefix: string) {
  const rows = await service.database.query(
    `SELECT count(*)::int AS incidents, sum(occurrences)::int AS occurrences FROM incidents WHERE dedup_key LIKE $1`,
    [`${prefix}%`],
  );
  return { rows };
}
