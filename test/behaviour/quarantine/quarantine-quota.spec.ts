import { Retention } from '../../../src/infrastructure/postgres/schema/retention.js';
import { type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const MAX_ROWS = 100;
const ALERTMANAGER = '/api/v1/intake/alertmanager';

describe('the quota of the quarantine', () => {
  let service: Service;
  beforeEach(async () => {
    service = await startService({
      environment: { QUARANTINE_MAX_ROWS: String(MAX_ROWS), QUARANTINE_MAX_MIB: '16' },
    });
  });
  afterEach(() => service.stop());

  const send = (body: string) => service.request('POST', ALERTMANAGER, { body });
  const dismiss = async (id: number) => service.request('POST', `/api/v1/quarantine/${id}/dismiss`);
  const ratio = async () => {
    const { text } = await service.get('/metrics');
    return Number(/quarantine_used_ratio\{channel="alertmanager"\} (\S+)/.exec(text)?.[1]);
  };

  it('rejects messages with 503 once the channel has the maximum number of rows, until one is resolved', async () => {
    for (let n = 0; n < MAX_ROWS; n++) expect((await send(`no JSON ${n}`)).status).toBe(200);
    const rejected = await send('one too many');
    expect(rejected).toBeProblem('store.unavailable');
    expect(rejected.headers.get('retry-after')).toBe('1');
    expect(rejected.body.detail).toContain('the quarantine is full');
    expect(await ratio()).toBe(1);
    expect((await service.report()).status).toBe(201);

    const { body } = await service.get('/api/v1/quarantine?limit=1');
    expect((await dismiss(body[0].id)).status).toBe(200);
    await until(async () => (await send('one too many')).status === 200);
  });

  it('acknowledges a message that is already quarantined, even when the quota is used up', async () => {
    for (let n = 0; n < MAX_ROWS; n++) await send(`no JSON ${n}`);
    expect((await send('no JSON 7')).status).toBe(200);
  });

  it('rejects messages with 503 once the channel has the maximum number of bytes', async () => {
    const payload = (n: number) => String(n).repeat(4 * 1024 * 1024);
    for (let n = 0; n < 4; n++) expect((await send(payload(n))).status).toBe(200);
    expect(await send(payload(4))).toBeProblem('store.unavailable');
    expect(await ratio()).toBe(1);
  });

  it('limits archived alerts, too: beyond the limit, an alert is reported without an archive', async () => {
    const send = (n: number) => {
      const annotations = { summary: `${n}`, description: 'x'.repeat(200_000) };
      const alert = { status: 'firing', fingerprint: `f${n}`, labels: { alertname: 'A' }, annotations };
      const alerts = [alert];
      return service.request('POST', ALERTMANAGER, { json: { version: '4', alerts } });
    };
    for (let n = 0; n <= MAX_ROWS; n++) expect((await send(n)).body).toMatchObject({ created: 1 });
    const texts = await service.database.query<{ description: string }>(
      'SELECT description FROM incidents ORDER BY id',
    );
    expect(texts[0]!.description).toMatch(/The whole alert: \/api\/v1\/quarantine\/\d+\/payload]/);
    expect(texts.at(-1)!.description).toContain('They are not stored: the archive is full.');
  });

  it('excludes dismissed messages, which are deleted after their retention', async () => {
    await send('dismissed long ago');
    await send('dismissed now');
    await send('pending');
    const { body } = await service.get('/api/v1/quarantine');
    await dismiss(body[0].id);
    await dismiss(body[1].id);
    await service.database.query(
      `UPDATE intake_quarantine SET resolved_at = now() - interval '31 days' WHERE id = $1`,
      [body[0].id],
    );
    await service.database.query(
      `UPDATE intake_quarantine SET at = now() - interval '1 year' WHERE id = $1`,
      [body[2].id],
    );
    expect(await service.app.get(Retention).deleteExpired()).toBe(1);
    const { body: remaining } = await service.get('/api/v1/quarantine?state=all');
    expect(remaining.map(({ id }: { id: number }) => id)).toEqual([body[1].id, body[2].id]);
  });
});
