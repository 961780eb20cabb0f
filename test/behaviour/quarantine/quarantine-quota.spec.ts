import { QuarantineRetention } from '../../../src/infrastructure/postgres/quarantine/quarantine-retention.js';
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

  it('refuses rows beyond it, so that the sender keeps them, until somebody has looked at some', async () => {
    for (let n = 0; n < MAX_ROWS; n++) expect((await send(`no JSON ${n}`)).status).toBe(200);
    const refused = await send('one too many');
    expect(refused).toBeProblem('store.unavailable');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.body.detail).toContain('the quarantine is full');
    expect(await ratio()).toBe(1);
    expect((await service.report()).status).toBe(201);

    const { body } = await service.get('/api/v1/quarantine?limit=1');
    expect((await dismiss(body[0].id)).status).toBe(200);
    await until(async () => (await send('one too many')).status === 200);
  });

  it('acknowledges what is kept already, when it is full too', async () => {
    for (let n = 0; n < MAX_ROWS; n++) await send(`no JSON ${n}`);
    expect((await send('no JSON 7')).status).toBe(200);
  });

  it('refuses bytes beyond it', async () => {
    const piece = (n: number) => String(n).repeat(4 * 1024 * 1024);
    for (let n = 0; n < 4; n++) expect((await send(piece(n))).status).toBe(200);
    expect(await send(piece(4))).toBeProblem('store.unavailable');
    expect(await ratio()).toBe(1);
  });

  it('holds for the alerts that are too long, too: what is past it is reported without its rest', async () => {
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
    expect(texts.at(-1)!.description).toContain('They are not kept: the archive is full.');
  });

  it('does not count what was dismissed, which is deleted after its retention', async () => {
    await send('dismissed long ago');
    await send('dismissed now');
    await send('waits');
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
    expect(await service.app.get(QuarantineRetention).deleteExpired()).toBe(1);
    const { body: left } = await service.get('/api/v1/quarantine?state=all');
    expect(left.map(({ id }: { id: number }) => id)).toEqual([body[1].id, body[2].id]);
  });
});
