import { anAlertmanager, hasAlertmanager } from '../../support/alertmanager.js';
import { hasClientLibraries, sendBy } from '../../support/client-libraries.js';
import { aSender, movesOf, type Sender, storedOf } from '../../support/senders.js';
import { type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

describe('real senders', () => {
  let service: Service;
  beforeAll(async () => (service = await startService()));
  afterAll(() => service.stop());

  (hasClientLibraries ? describe : describe.skip)('of PyPI', () => {
    const run = (library: string, { key }: Sender) => sendBy(library, service.url, key);

    it('pagerduty: triggers, acknowledges, resolves, submits changes, and reports an invalid event', async () => {
      const sender = await aSender(service, 'pagerduty', 'pagerduty');
      const [named, generated, error, status, answer] = (await run('pagerduty', sender)) as unknown[];
      expect([named, status]).toEqual(['library', 400]);
      expect(error).toMatch(/Error$/);
      expect(answer).toMatchObject({ errors: ["'payload.summary' is missing or blank"] });
      expect(await sender.incidentsOf('library')).toMatchObject([
        { status: 'IN_PROGRESS', urgent: true, description: expect.stringContaining('free: 0') },
      ]);
      expect(await sender.incidentsOf(String(generated))).toMatchObject([{ status: 'RESOLVED' }]);
      expect((await storedOf(service, 'pagerduty')).at(-1)).toMatchObject({
        reason: 'A change event: Build Success',
      });
    }, 60_000);

    it('pdpyras: the same', async () => {
      const sender = await aSender(service, 'pagerduty', 'pdpyras');
      expect(await run('pdpyras', sender)).toEqual(['library', 400]);
      expect(await sender.incidentsOf('library')).toMatchObject([{ status: 'RESOLVED' }]);
    }, 60_000);

    it('opsgenie-sdk: creates, acknowledges, adds a note and closes by the id', async () => {
      const sender = await aSender(service, 'opsgenie', 'opsgenie-sdk');
      expect(await run('opsgenie_sdk', sender)).toEqual(['Request will be processed', expect.any(String)]);
      const [incident] = await sender.incidentsOf('disk full/db-1');
      expect(incident).toMatchObject({ status: 'RESOLVED', assignee: 'Anna', urgent: true });
      expect(await movesOf(service, incident.id)).toEqual([
        'reported',
        'IN_PROGRESS',
        'description_appended',
        'description_appended',
        'RESOLVED',
      ]);
    }, 60_000);

    it('apprise: PagerDuty with an unrelated Authorization, and Opsgenie closed by the requestId', async () => {
      const sender = await aSender(service, 'pagerduty', 'apprise');
      expect(await run('apprise', sender)).toEqual([true, true, true]);
      const { body } = await service.get('/api/v1/incidents?q=No%20byte%20is%20left&sort=created_at');
      const own = body.filter(({ dedup_key: key }: any) => key.startsWith(`key:${sender.id}/`));
      expect(own).toMatchObject([
        { channel: 'pagerduty', status: 'NEW' },
        { channel: 'opsgenie', status: 'RESOLVED' },
      ]);
    }, 60_000);

    it('cloudevents: structured and binary, each event once', async () => {
      const sender = await aSender(service, 'cloudevents', 'cloudevents');
      expect(await run('cloudevents', sender)).toEqual([
        [202, 1, 0],
        [202, 1, 0],
        [202, 1, 0],
        [202, 0, 1],
      ]);
      const { body } = await service.get('/api/v1/incidents?q=com.example.sdk');
      expect(body).toHaveLength(3);
      for (const { description } of body) {
        expect(description).toMatch(/^com\.example\.sdk: Диск заполнен\n/);
        expect(description).toContain('disk full');
      }
    }, 60_000);
  });

  (hasAlertmanager ? it : it.skip)(
    'Alertmanager: pagerduty_configs and opsgenie_configs report and resolve',
    async () => {
      const sender = await aSender(service, 'pagerduty', 'alertmanager');
      const alertmanager = await anAlertmanager(`
route:
  receiver: incidents
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
receivers:
  - name: incidents
    pagerduty_configs:
      - url: ${service.url}/api/v1/intake/pagerduty/v2/enqueue
        routing_key: ${sender.key}
    opsgenie_configs:
      - api_url: ${service.url}/api/v1/intake/opsgenie/
        api_key: ${sender.key}
`);
      const alert = {
        labels: { alertname: 'DiskFull', severity: 'page' },
        annotations: { summary: 'No byte is left' },
      };
      const incidents = async () => {
        const { body } = await service.get('/api/v1/incidents?q=DiskFull&sort=created_at');
        return body as { channel: string; status: string; description: string }[];
      };
      try {
        await alertmanager.postAlerts([alert]);
        await until(async () => (await incidents()).length === 2, { state: () => alertmanager.output() });
        const found = await incidents();
        expect(found.map(({ channel }) => channel).toSorted()).toEqual(['opsgenie', 'pagerduty']);
        for (const { status, description } of found) {
          expect(status).toBe('NEW');
          expect(description).toContain('page');
        }
        await alertmanager.postAlerts([{ ...alert, endsAt: new Date().toISOString() }]);
        const areResolved = async () => (await incidents()).every(({ status }) => status === 'RESOLVED');
        await until(areResolved, { state: () => alertmanager.output() });
        expect(await incidents()).toHaveLength(2);
      } finally {
        await alertmanager.stop();
      }
    },
    60_000,
  );
});
