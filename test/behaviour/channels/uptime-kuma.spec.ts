import { CERTIFICATE, DOWN, TEST, UP } from '../../../src/presentation/channels/uptime-kuma/examples.js';
import { aSender, type Sender, storedOf } from '../../support/senders.js';
import { readAnswer, type Service, startService } from '../../support/service.js';

const PATH = '/api/v1/intake/uptime-kuma';

describe('notifications of Uptime Kuma', () => {
  let service: Service;
  let sender: Sender;
  beforeAll(async () => {
    service = await startService();
    sender = await aSender(service, 'uptime-kuma', 'kuma');
  });
  afterAll(() => service.stop());

  const counts = (more: object) => ({
    status: 200,
    body: { created: 0, duplicate: 0, updated: 0, quarantined: 0, ...more },
  });
  const monitor = (id: number, message: typeof DOWN = DOWN) => ({
    ...message,
    monitor: { ...message.monitor, id },
  });

  it('report a monitor that is down, and resolve it when it is up', async () => {
    expect(await sender.post('', DOWN)).toMatchObject(counts({ created: 1 }));
    const again = { ...DOWN, heartbeat: { ...DOWN.heartbeat, time: '2026-11-20 11:00:00' } };
    expect(await sender.post('', again)).toMatchObject(counts({ duplicate: 1 }));
    const [{ description }] = await sender.incidentsOf('monitor/7');
    expect(description.split('\n')).toEqual([
      DOWN.msg,
      'Monitor: Shop',
      'URL: https://shop.example.com/health',
      'Reason: getaddrinfo ENOTFOUND shop.example.com',
      'Time: 2026-11-20 10:00:00.123',
      'Local time: 2026-11-20 13:00:00',
      'Time zone: Europe/Moscow',
      expect.stringMatching(/^Heartbeat: \{"monitorID":7,"important":true,/),
      expect.stringMatching(/^Settings of the monitor: \{"pathName":"Shop","type":"http",/),
    ]);
    expect(await sender.post('', UP)).toMatchObject(counts({ updated: 1 }));
    expect(await sender.incidentsOf('monitor/7')).toMatchObject([{ status: 'RESOLVED', occurrences: 2 }]);
  });

  it('create nothing for a monitor that is up without having been down', async () => {
    expect(await sender.post('', monitor(8, UP))).toMatchObject(counts({ updated: 1 }));
    expect(await sender.incidentsOf('monitor/8')).toEqual([]);
  });

  it('may be forms', async () => {
    const post = async (body: FormData | URLSearchParams) => {
      const response = await fetch(service.url + PATH, {
        method: 'POST',
        headers: { 'X-Access-Key': sender.key },
        body,
      });
      return readAnswer('POST', PATH, response);
    };
    const multipart = new FormData();
    multipart.append('data', JSON.stringify(monitor(9)));
    expect(await post(multipart)).toMatchObject(counts({ created: 1 }));
    const urlencoded = new URLSearchParams({ data: JSON.stringify(monitor(9, UP)) });
    expect(await post(urlencoded)).toMatchObject(counts({ updated: 1 }));
    expect(await sender.incidentsOf('monitor/9')).toMatchObject([{ status: 'RESOLVED' }]);
    expect(await post(new FormData())).toMatchObject(counts({ quarantined: 1 }));
    const broken = { 'Content-Type': 'multipart/form-data; boundary=a' };
    expect(await sender.post('', 'no form', broken)).toMatchObject(counts({ quarantined: 1 }));
  });

  it('of a test, whose heartbeat and monitor are null, are stored and create nothing', async () => {
    expect(await sender.post('', TEST)).toMatchObject(counts({}));
    expect((await storedOf(service, 'uptime-kuma')).at(-1)).toMatchObject({
      state: 'accepted',
      reason: 'A test of Uptime Kuma: Incidents Testing',
    });
    const maintenance = { ...DOWN, heartbeat: { ...DOWN.heartbeat, status: 3 } };
    expect(await sender.post('', maintenance)).toMatchObject(counts({}));
  });

  it('report a certificate that expires once, however often they remind of it', async () => {
    expect(await sender.post('', CERTIFICATE)).toMatchObject(counts({ created: 1 }));
    const later = { ...CERTIFICATE, msg: CERTIFICATE.msg.replace('14', '7') };
    expect(await sender.post('', later)).toMatchObject(counts({ duplicate: 1 }));
  });

  it('with a body of the user are quarantined, and get a 200', async () => {
    for (const body of ['[Shop] is down', '{"text": "a"}', '[1]', '{"heartbeat":{"status":0},"monitor":{}}'])
      expect(await sender.post('', body)).toMatchObject(counts({ quarantined: 1 }));
    expect((await storedOf(service, 'uptime-kuma')).at(-1)).toMatchObject({
      reason: 'monitor.id must be a number or a text.',
    });
  });
});
