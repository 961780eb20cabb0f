import { createHmac } from 'node:crypto';
import {
  ISSUE_ALERT,
  ISSUE_ASSIGNED,
  ISSUE_CREATED,
  ISSUE_RESOLVED,
  METRIC_ALERT,
  METRIC_ALERT_RESOLVED,
} from '../../../src/presentation/channels/sentry/examples.js';
import { aSender, type Sender, storedOf } from '../../support/senders.js';
import { type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

describe('webhooks of Sentry', () => {
  let service: Service;
  let sender: Sender;
  beforeAll(async () => {
    service = await startService();
    sender = await aSender(service, 'sentry', 'sentry');
  });
  afterAll(() => service.stop());

  const counts = (more: object) => ({
    status: 200,
    body: { created: 0, duplicate: 0, updated: 0, quarantined: 0, ...more },
  });
  const send = (resource: string, json: unknown, headers: Record<string, string> = {}) =>
    sender.post('', json, { 'Sentry-Hook-Resource': resource, ...headers });

  it('report an issue and its alerts as one cause, take it up and resolve it', async () => {
    const key = 'issue/1170820242';
    expect(await send('issue', ISSUE_CREATED)).toMatchObject(counts({ created: 1 }));
    expect(await send('event_alert', ISSUE_ALERT)).toMatchObject(counts({ duplicate: 1 }));
    const [{ description }] = await sender.incidentsOf(key);
    expect(description.split('\n').slice(0, 4)).toEqual([
      'ReferenceError: heck is not defined',
      'Issue: FRONT-END-1',
      'Culprit: ?(runner)',
      'Level: error',
    ]);
    expect(await send('issue', ISSUE_ASSIGNED)).toMatchObject(counts({ updated: 1 }));
    expect(await sender.incidentsOf(key)).toMatchObject([{ status: 'IN_PROGRESS', assignee: 'Anna' }]);
    expect(await send('issue', ISSUE_RESOLVED)).toMatchObject(counts({ updated: 1 }));
    expect(await sender.incidentsOf(key)).toMatchObject([{ status: 'RESOLVED', occurrences: 2 }]);
  });

  it('report a metric alert, and resolve it', async () => {
    expect(await send('metric_alert', METRIC_ALERT)).toMatchObject(counts({ created: 1 }));
    expect(await sender.incidentsOf('metric-alert/4')).toMatchObject([
      {
        urgent: true,
        description: expect.stringMatching(
          /^Critical: Too many errors\n1000 events in the last 10 minutes\n/,
        ),
      },
    ]);
    expect(await send('metric_alert', METRIC_ALERT_RESOLVED)).toMatchObject(counts({ updated: 1 }));
    expect(await sender.incidentsOf('metric-alert/4')).toMatchObject([{ status: 'RESOLVED' }]);
  });

  it('about something else are stored, and unrecognizable ones quarantined', async () => {
    expect(await send('installation', { action: 'created', data: {} })).toMatchObject(counts({}));
    expect(await send('issue', { ...ISSUE_CREATED, action: 'archived' })).toMatchObject(counts({}));
    expect(await send('issue', { action: 'created', data: {} })).toMatchObject(counts({ quarantined: 1 }));
    expect(await sender.post('', ISSUE_CREATED)).toMatchObject(counts({ quarantined: 1 }));
    expect((await storedOf(service, 'sentry')).map(({ state }) => state)).toEqual([
      'accepted',
      'accepted',
      'pending',
      'pending',
    ]);
  });

  it('have to be signed once the access key has a webhook secret, which is never returned', async () => {
    const secret = 'the-client-secret-of-the-integration';
    const path = `/api/v1/keys/${sender.id}`;
    expect((await service.get(path)).body).toMatchObject({ has_webhook_secret: false });
    const changed = await service.patch(path, { webhook_secret: secret });
    expect(changed).toMatchObject({ status: 200, body: { has_webhook_secret: true } });
    const rotated = await service.request('POST', `${path}/rotate`);
    expect(rotated.body).toMatchObject({ has_webhook_secret: true });
    const list = await service.get('/api/v1/keys');
    expect(JSON.stringify([changed.body, rotated.body, list.body])).not.toContain(secret);

    const body = JSON.stringify(METRIC_ALERT);
    const signed = (by: string, text = body) => ({
      'Sentry-Hook-Signature': createHmac('sha256', by).update(text).digest('hex'),
    });
    // All processes use it within 5 s.
    await until(async () => (await send('metric_alert', body)).status === 401);
    expect(await send('metric_alert', body)).toBeProblem('request.unauthorized');
    expect(await send('metric_alert', body, signed('another'))).toBeProblem('request.unauthorized');
    expect(await send('metric_alert', body, signed(secret, `${body} `))).toBeProblem('request.unauthorized');
    expect(await send('metric_alert', body, { 'Sentry-Hook-Signature': 'zz' })).toBeProblem(
      'request.unauthorized',
    );
    expect(await send('metric_alert', body, signed(secret))).toMatchObject({ status: 200 });

    expect(await service.patch(path, { webhook_secret: null })).toMatchObject({
      body: { has_webhook_secret: false },
    });
    await until(async () => (await send('metric_alert', body)).status === 200);
  });

  it.each(['', 'with space', 'ключ', 'x'.repeat(257), 1, undefined])(
    'may not have the webhook secret %p',
    async (secret) => {
      const path = `/api/v1/keys/${sender.id}`;
      expect(await service.patch(path, { webhook_secret: secret })).toBeProblem('request.invalid');
      expect(await service.patch('/api/v1/keys/999', { webhook_secret: 'a' })).toBeProblem(
        'access-key.not-found',
      );
    },
  );
});
