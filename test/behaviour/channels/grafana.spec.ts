import { createHmac } from 'node:crypto';
import { FIRING, RESOLVED } from '../../../src/presentation/channels/grafana/examples.js';
import { aSender, type Sender, storedOf } from '../../support/senders.js';
import { type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const [FIRST, SECOND] = FIRING.alerts.map(({ fingerprint }) => fingerprint) as [string, string];

describe('notifications of Grafana', () => {
  let service: Service;
  let sender: Sender;
  beforeAll(async () => {
    service = await startService();
    sender = await aSender(service, 'grafana', 'grafana');
  });
  afterAll(() => service.stop());

  const counts = (more: object) => ({
    status: 200,
    body: { created: 0, duplicate: 0, updated: 0, quarantined: 0, ...more },
  });

  it('report the alerts that fire, and resolve those that are resolved', async () => {
    expect(await sender.post('', FIRING)).toMatchObject(counts({ created: 2 }));
    const [{ description }] = await sender.incidentsOf(FIRST);
    expect(description.split('\n')).toEqual([
      'High memory usage: This alert was triggered for zone us-1',
      'The system has high memory usage',
      'runbook_url: https://myrunbook.com/runbook/1234',
      'Labels: team="blue", zone="us-1"',
      'Started: 2026-10-12T09:51:03.157076+02:00',
      'Source: https://play.grafana.org/alerting/1afz29v7z/edit',
      expect.stringMatching(/^Silence: https:/),
      'Values: {"B":44.23943737541908,"C":1}',
      'Sent by: https://play.grafana.org/',
      'Organization: 1',
    ]);
    expect(await sender.post('', RESOLVED)).toMatchObject(counts({ updated: 2 }));
    for (const fingerprint of [FIRST, SECOND])
      expect(await sender.incidentsOf(fingerprint)).toMatchObject([{ status: 'RESOLVED', occurrences: 1 }]);
  });

  it('are judged alert by alert, whatever the notification says', async () => {
    const [first, second] = FIRING.alerts.map((alert) => ({
      ...alert,
      fingerprint: `mixed-${alert.fingerprint}`,
    }));
    await sender.post('', { ...FIRING, alerts: [first, second] });
    const alerts = [{ ...first, status: 'resolved' }, second];
    expect(await sender.post('', { ...FIRING, status: 'resolved', alerts })).toMatchObject(
      counts({ duplicate: 1, updated: 1 }),
    );
    expect(await sender.incidentsOf(`mixed-${FIRST}`)).toMatchObject([{ status: 'RESOLVED' }]);
    expect(await sender.incidentsOf(`mixed-${SECOND}`)).toMatchObject([{ status: 'NEW', occurrences: 2 }]);
  });

  it('that are sent again after they were committed in part take effect once', async () => {
    const alerts = FIRING.alerts.map((alert) => ({ ...alert, fingerprint: `half-${alert.fingerprint}` }));
    await service.database.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'fail' USING ERRCODE = '53300'; END $$;
      CREATE TRIGGER fail BEFORE INSERT ON incidents FOR EACH ROW WHEN (NEW.dedup_key LIKE '%half-${FIRST}')
        EXECUTE FUNCTION fail()`);
    expect(await sender.post('', { ...FIRING, alerts })).toBeProblem('store.unavailable');
    await service.database.query('DROP TRIGGER fail ON incidents; DROP FUNCTION fail()');
    expect(await sender.post('', { ...FIRING, alerts })).toMatchObject({ status: 200 });
    for (const fingerprint of [FIRST, SECOND])
      expect(await sender.incidentsOf(`half-${fingerprint}`)).toMatchObject([{ occurrences: 1 }]);
  });

  it('have to be signed once the access key has a webhook secret, with a current time if they name one', async () => {
    const signer = await aSender(service, 'grafana', 'signer');
    const secret = 'shared-with-grafana';
    const body = JSON.stringify(FIRING);
    await service.patch(`/api/v1/keys/${signer.id}`, { webhook_secret: secret });
    await until(async () => (await signer.post('', body)).status === 401);
    const signed = (text: string, more: object = {}) => ({
      'X-Grafana-Alerting-Signature': createHmac('sha256', secret).update(text).digest('hex'),
      ...more,
    });
    const at = (seconds: number, text = `${seconds}:${body}`) =>
      signed(text, { 'X-Grafana-Alerting-Signature-Timestamp': String(seconds) });
    const now = Math.floor(Date.now() / 1_000);
    expect(await signer.post('', body, signed(body))).toMatchObject({ status: 200 });
    expect(await signer.post('', body, at(now))).toMatchObject({ status: 200 });
    for (const headers of [at(now, body), at(now - 3_600), at(now + 3_600), signed(`${body} `)])
      expect(await signer.post('', body, headers)).toBeProblem('request.unauthorized');
  });

  it('that are unrecognizable are quarantined: in full, or the alert that is', async () => {
    expect(await sender.post('', '{"alerts":')).toMatchObject(counts({ quarantined: 1 }));
    expect(await sender.post('', { message: 'a custom payload' })).toMatchObject(counts({ quarantined: 1 }));
    const alerts = [
      { ...FIRING.alerts[0], fingerprint: 'beside' },
      { status: 'pending', fingerprint: 'a' },
      'a',
    ];
    expect(await sender.post('', { ...FIRING, alerts })).toMatchObject(
      counts({ created: 1, quarantined: 2 }),
    );
    const reasons = (await storedOf(service, 'grafana')).map(({ reason }) => reason);
    expect(reasons).toHaveLength(4);
    expect(reasons).toEqual(
      expect.arrayContaining([
        expect.stringContaining('not JSON'),
        'alerts must be a list.',
        expect.stringContaining('An alert must be'),
        expect.stringContaining('status must be'),
      ]),
    );
  });
});
