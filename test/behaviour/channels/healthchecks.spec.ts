import { DOWN, TEMPLATE, UP } from '../../../src/presentation/channels/healthchecks/examples.js';
import { textOf as documentText } from '../../support/documents.js';
import { aSender, type Sender, storedOf } from '../../support/senders.js';
import { type Service, startService } from '../../support/service.js';

describe('notifications of Healthchecks', () => {
  let service: Service;
  let sender: Sender;
  beforeAll(async () => {
    service = await startService();
    sender = await aSender(service, 'healthchecks', 'healthchecks');
  });
  afterAll(() => service.stop());

  const counts = (more: object) => ({
    status: 200,
    body: { created: 0, duplicate: 0, updated: 0, quarantined: 0, ...more },
  });

  it('report a check that is down, and resolve it when it is up', async () => {
    expect(await sender.post('', DOWN)).toMatchObject(counts({ created: 1 }));
    const [{ description }] = await sender.incidentsOf(DOWN.code);
    expect(description.split('\n')).toEqual([
      'Nightly export is down',
      'Tags: prod export',
      'Description: Writes the report of the day',
      'Grace in seconds: 3600',
      'n_pings: 63',
      'started: false',
      'Last ping: 2026-11-19T01:00:03+00:00',
      'manual_resume: false',
      'Schedule: 0 1 * * *',
      'Time zone: Europe/Moscow',
      'Time: 2026-11-20T10:00:00+00:00',
    ]);
    expect(await sender.post('', UP)).toMatchObject(counts({ updated: 1 }));
    expect(await sender.incidentsOf(DOWN.code)).toMatchObject([{ status: 'RESOLVED' }]);
  });

  it('count by the status of the notification, not by that of the check since', async () => {
    const code = '00000000-0000-0000-0000-000000000001';
    await sender.post('', { ...DOWN, code, check: UP.check });
    expect(await sender.incidentsOf(code)).toMatchObject([{ status: 'NEW' }]);
  });

  it('may be the check alone', async () => {
    const id = '00000000-0000-0000-0000-000000000002';
    const check = { ...DOWN.check, ping_url: `https://hc-ping.com/${id}` };
    expect(await sender.post('', check)).toMatchObject(counts({ created: 1 }));
    expect(await sender.post('', { ...check, status: 'up' })).toMatchObject(counts({ updated: 1 }));
    expect(await sender.incidentsOf(id)).toMatchObject([{ status: 'RESOLVED' }]);
  });

  it('of another form are quarantined', async () => {
    for (const body of ['Nightly export is DOWN', '{"status": "down"}', '{"code": "a", "status": "paused"}'])
      expect(await sender.post('', body)).toMatchObject(counts({ quarantined: 1 }));
    expect(await storedOf(service, 'healthchecks')).toHaveLength(3);
  });

  it('have the template that the documentation gives', () => {
    for (const page of ['docs/channels/healthchecks.md', 'docs/ru/channels/healthchecks.md'])
      expect(documentText(page)).toContain(TEMPLATE);
  });
});
