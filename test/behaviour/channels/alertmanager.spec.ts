import { jest } from '@jest/globals';
import { ReceivedNotifications } from '../../../src/application/intake/received-notifications.js';
import { Retention } from '../../../src/infrastructure/postgres/schema/retention.js';
import { intakeCountsIn, expectBalanced } from '../../support/intake-counts.js';
import { anAlert, aNotification } from '../../support/alerts.js';
import { type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const PATH = '/api/v1/intake/alertmanager';

describe('POST /api/v1/intake/alertmanager', () => {
  let service: Service;
  let other: Service;
  beforeAll(async () => {
    service = await startService();
    other = await startService({ on: service.database.service });
  });
  afterAll(async () => {
    try {
      expectBalanced(intakeCountsIn((await service.get('/metrics')).text, 'alertmanager'));
    } finally {
      await other.stop();
      await service.stop();
    }
  });

  const send = (json: unknown, to: Service = service, query = '') =>
    to.request('POST', PATH + query, { json });
  const sendBytes = (body: string, headers: Record<string, string> = {}) =>
    service.request('POST', PATH, { body, headers });
  const incidentsOf = async (fingerprint: string) =>
    (await service.get(`/api/v1/incidents?dedup_key=${fingerprint}&sort=created_at`)).body;
  const eventsOf = async (id: number) => (await service.get(`/api/v1/incidents/${id}/events`)).body;
  /** Notifications of an episode that started, and ended, at these times of a day. */
  const firing = (fingerprint: string, start: string) =>
    aNotification(anAlert(fingerprint, { startsAt: `2026-11-20T${start}:00Z` }));
  const resolved = (fingerprint: string, start: string, end: string) => {
    const [startsAt, endsAt] = [start, end].map((time) => `2026-11-20T${time}:00Z`);
    return aNotification(anAlert(fingerprint, { status: 'resolved', startsAt, endsAt }));
  };
  const accepted = (more: object) => ({
    status: 200,
    body: { created: 0, duplicate: 0, updated: 0, quarantined: 0, ...more },
  });

  it('creates incidents, counts duplicates, and resolves by legal transitions', async () => {
    const ended = aNotification(anAlert('life', { status: 'resolved' }));
    expect(await send(aNotification(anAlert('life')))).toMatchObject(accepted({ created: 1 }));
    const [incident] = await incidentsOf('life');
    expect(incident).toMatchObject({
      status: 'NEW',
      source: 'monitoring',
      channel: 'alertmanager',
      dedup_key: 'life',
      occurrences: 1,
    });
    expect(await send(aNotification(anAlert('life')))).toMatchObject(accepted({ duplicate: 1 }));
    expect(await send(ended)).toMatchObject(accepted({ updated: 1 }));
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
    expect(await send(ended)).toMatchObject(accepted({ updated: 1 }));
    expect(await eventsOf(incident.id)).toHaveLength(4);
  });

  it('reopens a resolved incident when its alert fires again, and creates a new one if it is closed', async () => {
    await send(firing('again', '10:00'));
    await send(resolved('again', '10:00', '10:05'));
    await send(firing('again', '11:00'));
    expect(await incidentsOf('again')).toMatchObject([{ status: 'IN_PROGRESS', occurrences: 2 }]);
    await send(resolved('again', '11:00', '11:05'));
    const [{ id }] = await incidentsOf('again');
    await service.patch(`/api/v1/incidents/${id}/status`, { status: 'CLOSED' });
    expect(await send(firing('again', '12:00'))).toMatchObject(accepted({ created: 1 }));
    expect((await incidentsOf('again'))[1]).toMatchObject({ status: 'NEW', previous_id: id });
  });

  describe('for a late notification', () => {
    it('does not reopen an incident whose episode was resolved', async () => {
      await send(firing('late', '10:00'));
      await send(resolved('late', '10:00', '10:05'));
      const late = { ...firing('late', '10:00'), groupKey: 'of another notification' };
      expect(await send(late)).toMatchObject(accepted({ duplicate: 1 }));
      expect(await send(firing('late', '09:00'))).toMatchObject(accepted({ duplicate: 1 }));
      expect(await incidentsOf('late')).toMatchObject([{ status: 'RESOLVED', occurrences: 1 }]);
      const [{ id }] = await incidentsOf('late');
      await service.patch(`/api/v1/incidents/${id}/status`, { status: 'CLOSED' });
      expect(await send({ ...late, groupKey: 'of a third notification' })).toMatchObject(
        accepted({ duplicate: 1 }),
      );
      expect(await incidentsOf('late')).toHaveLength(1);
    });

    it('does not resolve a later episode', async () => {
      await send(firing('newer', '10:00'));
      await send(firing('newer', '11:00'));
      expect(await send(resolved('newer', '10:00', '10:05'))).toMatchObject(accepted({ duplicate: 1 }));
      expect(await incidentsOf('newer')).toMatchObject([{ status: 'NEW', occurrences: 2 }]);
      await send(resolved('newer', '11:00', '11:05'));
      expect(await incidentsOf('newer')).toMatchObject([{ status: 'RESOLVED' }]);
    });

    it('creates a resolved incident if the end of the episode arrives before its start', async () => {
      expect(await send(resolved('ended-first', '10:00', '10:05'))).toMatchObject(accepted({ updated: 1 }));
      expect(await send(firing('ended-first', '10:00'))).toMatchObject(accepted({ created: 1 }));
      expect(await incidentsOf('ended-first')).toMatchObject([{ status: 'RESOLVED', occurrences: 1 }]);
    });

    it('leaves the incident resolved if start and end of the episode arrive at the same time', async () => {
      for (let round = 0; round < 20; round++) {
        await Promise.all([
          send(firing(`race-${round}`, '10:00')),
          send(resolved(`race-${round}`, '10:00', '10:05'), other),
        ]);
        expect(await incidentsOf(`race-${round}`)).toMatchObject([{ status: 'RESOLVED' }]);
      }
    });

    it('reopens the incident after an hour, since Alertmanager itself had resolved the alert', async () => {
      await send(firing('timed-out', '10:00'));
      await send(resolved('timed-out', '10:00', '10:05'));
      await service.database.query(
        `UPDATE alert_episodes SET resolved_at = now() - interval '61 minutes' WHERE dedup_key = 'timed-out'`,
      );
      for (let n = 0; n < 2; n++) await send(firing('timed-out', '10:00'));
      expect(await incidentsOf('timed-out')).toMatchObject([{ status: 'IN_PROGRESS', occurrences: 3 }]);
    });
  });

  it('resolves an episode whose start has moved back, since Alertmanager merges overlapping episodes', async () => {
    await send(firing('merged', '10:00'));
    await send(resolved('merged', '09:59', '10:05'));
    expect(await incidentsOf('merged')).toMatchObject([{ status: 'RESOLVED' }]);
  });

  it('separates alerts with the same labels by the cluster in the URL', async () => {
    for (const query of ['?cluster=eu-1', '?cluster=eu-2', ''])
      expect(await send(firing('shared', '10:00'), service, query)).toMatchObject(accepted({ created: 1 }));
    await send(resolved('shared', '10:00', '10:05'), service, '?cluster=eu-1');
    expect(await incidentsOf('eu-1/shared')).toMatchObject([{ status: 'RESOLVED' }]);
    expect(await incidentsOf('eu-2/shared')).toMatchObject([{ status: 'NEW' }]);
    expect(await send(firing('shared', '10:00'), service, '?cluster=eu%201')).toBeProblem('request.invalid');
  });

  it('counts a notification once if both Alertmanagers of a cluster send it at once', async () => {
    const from = (externalURL: string) => ({ ...firing('pair', '10:00'), externalURL });
    const ports = [service, other].map(({ app }) => app.get(ReceivedNotifications, { strict: false }));
    const looking = ports.map((port) => jest.spyOn(port, 'completed'));
    // Neither is completed before the other has arrived, however busy this machine is.
    const completing = ports.map((port) => {
      const complete = port.complete.bind(port);
      return jest.spyOn(port, 'complete').mockImplementation(async (...completion) => {
        await until(() => looking.every(({ mock }) => mock.calls.length > 0));
        await Promise.all(looking.flatMap(({ mock }) => mock.results.map(({ value }) => value)));
        await complete(...completion);
      });
    });
    const responses = await Promise.all([
      send(from('http://am-1:9093')),
      send(from('http://am-2:9093'), other),
    ]);
    for (const spy of [...looking, ...completing]) spy.mockRestore();
    expect(responses.map(({ body }) => body.quarantined)).toEqual([0, 0]);
    expect(await incidentsOf('pair')).toMatchObject([{ occurrences: 1 }]);
  });

  it('shortens a text that is too long, and archives the whole alert', async () => {
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
    const quarantined = (await service.get('/api/v1/quarantine?channel=alertmanager&state=accepted')).body;
    expect(quarantined).toMatchObject([{ reference: 'alert:long-text', resolved_by: 'alertmanager' }]);
  });

  it('shows in incidents and metrics how many alerts the sender omitted', async () => {
    await send({ ...firing('cut', '10:00'), truncatedAlerts: 7 });
    expect((await incidentsOf('cut'))[0].description).toMatch(/omitted from this notification: 7$/);
    expect((await service.get('/metrics')).text).toContain(
      'intake_truncated_alerts_total{channel="alertmanager"} 7',
    );
  });

  it('creates no incident for a resolved alert that was never reported', async () => {
    expect(await send(resolved('unknown', '10:00', '10:05'))).toMatchObject(accepted({ updated: 1 }));
    expect(await incidentsOf('unknown')).toEqual([]);
  });

  it('commits 500 alerts once if two processes receive them at the same time', async () => {
    const alerts = Array.from({ length: 500 }, (_, n) => anAlert(`many-${n}`));
    const notification = aNotification(...alerts);
    const responses = await Promise.all([send(notification), send(notification, other)]);
    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    const { rows } = await countsOf(service, 'many-');
    expect(rows).toEqual([{ incidents: 500, occurrences: 500 }]);
  });

  it('commits 12,000 alerts, which exceed the write queue', async () => {
    const alerts = Array.from({ length: 12_000 }, (_, n) => anAlert(`large-${n}`));
    expect(await send(aNotification(...alerts))).toMatchObject(accepted({ created: 12_000 }));
  });

  it('commits a notification once if it is sent again after it was committed in part', async () => {
    const alerts = Array.from({ length: 40 }, (_, n) => anAlert(`half-${n}`));
    const { database } = service;
    // While the trigger exists, the database rejects one of the alerts.
    await database.query(`
      CREATE FUNCTION reject_alert() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.dedup_key = 'half-7' THEN RAISE EXCEPTION 'reject_alert' USING ERRCODE = '53300'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER reject_alert BEFORE INSERT ON incidents FOR EACH ROW EXECUTE FUNCTION reject_alert()`);
    const rejected = await send(aNotification(...alerts));
    expect(rejected).toBeProblem('store.unavailable');
    expect(rejected.headers.get('retry-after')).toBe('1');
    expect((await countsOf(service, 'half-')).rows).toEqual([{ incidents: 39, occurrences: 39 }]);
    await database.query('DROP TRIGGER reject_alert ON incidents; DROP FUNCTION reject_alert()');
    expect((await send(aNotification(...alerts))).status).toBe(200);
    expect((await countsOf(service, 'half-')).rows).toEqual([{ incidents: 40, occurrences: 40 }]);
    await send(aNotification(...alerts));
    expect((await countsOf(service, 'half-')).rows).toEqual([{ incidents: 40, occurrences: 80 }]);
  });

  it('deletes notifications and episodes after the retention of idempotency keys', async () => {
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
    expect(await app.get(Retention).deleteExpired()).toBe(2);
    expect(await count()).toBe(before - 1);
  });

  it('quarantines an invalid body verbatim, and responds with 200', async () => {
    const bytes = '{"version":"4","alerts":[';
    expect(await sendBytes(bytes)).toMatchObject(accepted({ quarantined: 1 }));
    const { body } = await service.get('/api/v1/quarantine?channel=alertmanager&limit=200');
    const quarantined = body.find(({ preview }: { preview: string }) => preview === bytes);
    expect(quarantined).toMatchObject({ channel: 'alertmanager', state: 'pending', size: bytes.length });
    expect(quarantined.reason).toContain('not JSON');
    expect((await service.get(`/api/v1/quarantine/${quarantined.id}/payload`)).text).toBe(bytes);
  });

  it('quarantines a body with a duplicate member, and accepts a byte order mark', async () => {
    const bytes = JSON.stringify(aNotification(anAlert('marked')));
    const twice = bytes.replace('{', '{"version":"3",');
    expect(await sendBytes(twice)).toMatchObject(accepted({ quarantined: 1 }));
    const { body } = await service.get('/api/v1/quarantine?channel=alertmanager&limit=200');
    expect(body.at(-1)).toMatchObject({ reason: 'The body has a duplicate member version.' });
    expect(await sendBytes(`\uFEFF${bytes}`)).toMatchObject(accepted({ created: 1 }));
    expect(await incidentsOf('marked')).toHaveLength(1);
  });

  it('creates the incidents of valid alerts beside invalid ones', async () => {
    const bad = [null, anAlert('nul', { annotations: { summary: 'a\0' } }), anAlert('\0')];
    const response = await send(aNotification(anAlert('good-1'), ...bad, anAlert('good-2')));
    expect(response).toMatchObject(accepted({ created: 2, quarantined: 3 }));
    expect(await incidentsOf('good-2')).toHaveLength(1);
    const { body } = await service.get('/api/v1/quarantine?channel=alertmanager&limit=200');
    const reasons = body.map(({ reason }: { reason: string }) => reason);
    expect(reasons).toContain('incident.invalid-text: The text must not contain the NUL character.');
  });

  it('quarantines a notification as one message if too many alerts are invalid', async () => {
    const bytes = JSON.stringify({ version: '4', alerts: Array.from({ length: 20_000 }, (_, n) => n) });
    expect(await sendBytes(bytes)).toMatchObject(accepted({ quarantined: 1 }));
    const { body } = await service.get('/api/v1/quarantine?channel=alertmanager&limit=200');
    const [quarantined, ...others] = body.filter(({ reason }: { reason: string }) =>
      reason.startsWith('20000 alerts'),
    );
    expect(others).toEqual([]);
    expect(quarantined.reason).toContain('An alert must be a JSON object.');
    expect((await service.get(`/api/v1/quarantine/${quarantined.id}/payload`)).text).toBe(bytes);
  });

  it('accepts any media type and an empty body, and rejects more than 4 MiB with 413', async () => {
    const json = JSON.stringify(aNotification(anAlert('typed')));
    expect(await sendBytes(json, { 'Content-Type': 'text/plain' })).toMatchObject(accepted({ created: 1 }));
    expect(await sendBytes('')).toMatchObject(accepted({ quarantined: 1 }));
    expect(await sendBytes('x'.repeat(1024 * 1024))).toMatchObject(accepted({ quarantined: 1 }));
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
