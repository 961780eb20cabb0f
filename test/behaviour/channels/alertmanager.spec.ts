import { IdempotencyRetention } from '../../../src/infrastructure/postgres/idempotency/idempotency-retention.js';
import { accountOf, expectBalanced } from '../../support/accounts.js';
import { anAlert, aNotification } from '../../support/alerts.js';
import { type Service, startService } from '../../support/service.js';

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
    await service.stop();
  });

  const send = (json: unknown, to: Service = service, query = '') =>
    to.request('POST', PATH + query, { json });
  const sendBytes = (body: string, headers: Record<string, string> = {}) =>
    service.request('POST', PATH, { body, headers });
  const incidentsOf = async (fingerprint: string) =>
    (await service.get(`/api/v1/incidents?dedup_key=${fingerprint}&sort=created_at`)).body;
  const eventsOf = async (id: number) => (await service.get(`/api/v1/incidents/${id}/events`)).body;
  /** Notifications of an episode that began, and ended, at these times of one day. */
  const firing = (fingerprint: string, start: string) =>
    aNotification(anAlert(fingerprint, { startsAt: `2026-11-20T${start}:00Z` }));
  const resolved = (fingerprint: string, start: string, end: string) => {
    const [startsAt, endsAt] = [start, end].map((time) => `2026-11-20T${time}:00Z`);
    return aNotification(anAlert(fingerprint, { status: 'resolved', startsAt, endsAt }));
  };
  const taken = (more: object) => ({
    status: 200,
    body: { created: 0, duplicate: 0, updated: 0, quarantined: 0, ...more },
  });

  it('makes incidents, counts repeats, and resolves by legal moves', async () => {
    const ended = aNotification(anAlert('life', { status: 'resolved' }));
    expect(await send(aNotification(anAlert('life')))).toMatchObject(taken({ created: 1 }));
    const [incident] = await incidentsOf('life');
    expect(incident).toMatchObject({
      status: 'NEW',
      source: 'monitoring',
      channel: 'alertmanager',
      dedup_key: 'life',
      occurrences: 1,
    });
    expect(await send(aNotification(anAlert('life')))).toMatchObject(taken({ duplicate: 1 }));
    expect(await send(ended)).toMatchObject(taken({ updated: 1 }));
    expect(await incidentsOf('life')).toMatchObject([{ status: 'RESOLVED', occurrences: 2 }]);
    expect((await eventsOf(incident.id)).map(({ type, to }: any) => to ?? type)).toEqual([
      'reported',
      'duplicate_reported',
      'IN_PROGRESS',
      'RESOLVED',
    ]);
    for (const { actor, channel } of await eventsOf(incident.id)) {
      expect([actor, channel]).toEqual(['alertmanager', 'alertmanager']);
    }
    expect(await send(ended)).toMatchObject(taken({ updated: 1 }));
    expect(await eventsOf(incident.id)).toHaveLength(4);
  });

  it('brings back what fires again, and begins anew what was closed', async () => {
    await send(firing('again', '10:00'));
    await send(resolved('again', '10:00', '10:05'));
    await send(firing('again', '11:00'));
    expect(await incidentsOf('again')).toMatchObject([{ status: 'IN_PROGRESS', occurrences: 2 }]);
    await send(resolved('again', '11:00', '11:05'));
    const [{ id }] = await incidentsOf('again');
    await service.patch(`/api/v1/incidents/${id}/status`, { status: 'CLOSED' });
    expect(await send(firing('again', '12:00'))).toMatchObject(taken({ created: 1 }));
    expect((await incidentsOf('again'))[1]).toMatchObject({ status: 'NEW', previous_id: id });
  });

  describe('that comes late', () => {
    it('does not bring back what was resolved', async () => {
      await send(firing('late', '10:00'));
      await send(resolved('late', '10:00', '10:05'));
      const late = { ...firing('late', '10:00'), groupKey: 'of another delivery' };
      expect(await send(late)).toMatchObject(taken({ duplicate: 1 }));
      expect(await send(firing('late', '09:00'))).toMatchObject(taken({ duplicate: 1 }));
      expect(await incidentsOf('late')).toMatchObject([{ status: 'RESOLVED', occurrences: 1 }]);
      const [{ id }] = await incidentsOf('late');
      await service.patch(`/api/v1/incidents/${id}/status`, { status: 'CLOSED' });
      expect(await send({ ...late, groupKey: 'of a third' })).toMatchObject(taken({ duplicate: 1 }));
      expect(await incidentsOf('late')).toHaveLength(1);
    });

    it('does not resolve what has fired since', async () => {
      await send(firing('newer', '10:00'));
      await send(firing('newer', '11:00'));
      expect(await send(resolved('newer', '10:00', '10:05'))).toMatchObject(taken({ duplicate: 1 }));
      expect(await incidentsOf('newer')).toMatchObject([{ status: 'NEW', occurrences: 2 }]);
      await send(resolved('newer', '11:00', '11:05'));
      expect(await incidentsOf('newer')).toMatchObject([{ status: 'RESOLVED' }]);
    });

    it('is reported, and is over, where it was resolved before it was heard of', async () => {
      expect(await send(resolved('unheard', '10:00', '10:05'))).toMatchObject(taken({ updated: 1 }));
      expect(await send(firing('unheard', '10:00'))).toMatchObject(taken({ created: 1 }));
      expect(await incidentsOf('unheard')).toMatchObject([{ status: 'RESOLVED', occurrences: 1 }]);
    });

    it('is resolved where it comes at the same moment as its end', async () => {
      for (let round = 0; round < 20; round++) {
        await Promise.all([
          send(firing(`race-${round}`, '10:00')),
          send(resolved(`race-${round}`, '10:00', '10:05'), other),
        ]);
        expect(await incidentsOf(`race-${round}`)).toMatchObject([{ status: 'RESOLVED' }]);
      }
    });

    it('fires after an hour: Alertmanager had resolved it by itself', async () => {
      await send(firing('timed-out', '10:00'));
      await send(resolved('timed-out', '10:00', '10:05'));
      await service.database.query(
        `UPDATE alert_episodes SET resolved_at = now() - interval '61 minutes' WHERE dedup_key = 'timed-out'`,
      );
      for (let n = 0; n < 2; n++) await send(firing('timed-out', '10:00'));
      expect(await incidentsOf('timed-out')).toMatchObject([{ status: 'IN_PROGRESS', occurrences: 3 }]);
    });
  });

  it('whose alert began earlier than it first said, resolves it: Alertmanager merges what overlaps', async () => {
    await send(firing('merged', '10:00'));
    await send(resolved('merged', '09:59', '10:05'));
    expect(await incidentsOf('merged')).toMatchObject([{ status: 'RESOLVED' }]);
  });

  it('is of the cluster in its URL: the same labels are other problems there', async () => {
    for (const query of ['?cluster=eu-1', '?cluster=eu-2', ''])
      expect(await send(firing('shared', '10:00'), service, query)).toMatchObject(taken({ created: 1 }));
    await send(resolved('shared', '10:00', '10:05'), service, '?cluster=eu-1');
    expect(await incidentsOf('eu-1/shared')).toMatchObject([{ status: 'RESOLVED' }]);
    expect(await incidentsOf('eu-2/shared')).toMatchObject([{ status: 'NEW' }]);
    expect(await send(firing('shared', '10:00'), service, '?cluster=eu%201')).toBeProblem('request.invalid');
  });

  it('may come from either of a pair, whose addresses differ', async () => {
    const from = (externalURL: string) => ({ ...firing('pair', '10:00'), externalURL });
    const answers = await Promise.all([
      send(from('http://am-1:9093')),
      send(from('http://am-2:9093'), other),
    ]);
    expect(answers.map(({ body }) => body.quarantined)).toEqual([0, 0]);
    expect(await incidentsOf('pair')).toMatchObject([{ occurrences: 1 }]);
  });

  it('with a text over the limit is an incident with a part of it, which says where the rest is', async () => {
    const description = 'Я'.repeat(12_000);
    const alert = anAlert('long-text', { annotations: { summary: 's', description } });
    for (let n = 0; n < 2; n++) await send(aNotification(alert));
    const [incident] = await incidentsOf('long-text');
    expect(incident).toMatchObject({ status: 'NEW', occurrences: 2 });
    const [, missing, path] = /\[(\d+) characters are left out here. The whole alert: (\S+)\]/.exec(
      incident.description,
    )!;
    expect(incident.description.match(/Я/g)).toHaveLength(12_000 - Number(missing));
    expect(JSON.parse((await service.get(path!)).text)).toMatchObject({ alerts: [alert] });
    const kept = (await service.get('/api/v1/quarantine?channel=alertmanager&state=accepted')).body;
    expect(kept).toMatchObject([{ reference: 'alert:long-text', settled_by: 'alertmanager' }]);
  });

  it('of which its sender has left alerts out says so, in the incidents and in the metrics', async () => {
    await send({ ...firing('cut', '10:00'), truncatedAlerts: 7 });
    expect((await incidentsOf('cut'))[0].description).toMatch(/left out of this notification: 7$/);
    expect((await service.get('/metrics')).text).toContain(
      'intake_truncated_alerts_total{channel="alertmanager"} 7',
    );
  });

  it('passes over a problem that nobody knows, and one that a person has resolved', async () => {
    expect(await send(resolved('unknown', '10:00', '10:05'))).toMatchObject(taken({ updated: 1 }));
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
    expect(refused).toBeProblem('store.unavailable');
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
      (
        await database.query<{ count: number }>('SELECT count(*)::int AS count FROM received_notifications')
      )[0]!.count;
    const before = await count();
    await database.query(`
      UPDATE received_notifications SET at = now() - interval '8 days'
      WHERE at = (SELECT max(at) FROM received_notifications)`);
    await database.query(`UPDATE alert_episodes SET at = now() - interval '8 days' WHERE dedup_key = 'rare'`);
    expect(await app.get(IdempotencyRetention).deleteExpired()).toBe(2);
    expect(await count()).toBe(before - 1);
  });

  it('that cannot be understood is kept, byte by byte, and answered 200', async () => {
    const bytes = '{"version":"4","alerts":[';
    expect(await sendBytes(bytes)).toMatchObject(taken({ quarantined: 1 }));
    const { body } = await service.get('/api/v1/quarantine?channel=alertmanager&limit=200');
    const kept = body.find(({ excerpt }: { excerpt: string }) => excerpt === bytes);
    expect(kept).toMatchObject({ channel: 'alertmanager', state: 'pending', size: bytes.length });
    expect(kept.reason).toContain('not JSON');
    expect((await service.get(`/api/v1/quarantine/${kept.id}/payload`)).text).toBe(bytes);
  });

  it('with a member twice is kept, and one after a byte order mark is taken in', async () => {
    const bytes = JSON.stringify(aNotification(anAlert('marked')));
    const twice = bytes.replace('{', '{"version":"3",');
    expect(await sendBytes(twice)).toMatchObject(taken({ quarantined: 1 }));
    const { body } = await service.get('/api/v1/quarantine?channel=alertmanager&limit=200');
    expect(body.at(-1)).toMatchObject({ reason: 'The body has a duplicate member version.' });
    expect(await sendBytes(`\uFEFF${bytes}`)).toMatchObject(taken({ created: 1 }));
    expect(await incidentsOf('marked')).toHaveLength(1);
  });

  it('creates the incidents of valid alerts beside invalid ones', async () => {
    const bad = [null, anAlert('nul', { annotations: { summary: 'a\0' } }), anAlert('\0')];
    const answer = await send(aNotification(anAlert('good-1'), ...bad, anAlert('good-2')));
    expect(answer).toMatchObject(taken({ created: 2, quarantined: 3 }));
    expect(await incidentsOf('good-2')).toHaveLength(1);
    const { body } = await service.get('/api/v1/quarantine?channel=alertmanager&limit=200');
    const reasons = body.map(({ reason }: { reason: string }) => reason);
    expect(reasons).toContain('incident.invalid-text: The text must not contain the NUL character.');
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
