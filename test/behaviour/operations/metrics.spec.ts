import { spawnSync } from 'node:child_process';
import { type Service, startService } from '../../support/service.js';

describe('metrics', () => {
  let service: Service;
  const metrics = async () => (await service.get('/metrics')).text;

  beforeAll(async () => {
    service = await startService();
    const path = (await service.report({ source: 'monitoring' })).headers.get('location')!;
    await service.report({ source: 'partner' });
    await service.patch(path, { status: 'IN_PROGRESS' });
    await service.patch(path, { status: 'CLOSED' });
    await service.get('/api/some/path/of/a/scanner');
  });
  afterAll(() => service.stop());

  it('have the text format of Prometheus', async () => {
    const answer = await service.get('/metrics');
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(answer.text).toContain('process_resident_memory_bytes');
  });

  it.each([
    'incidents_created_total{source="monitoring"} 1',
    'incidents_created_total{source="partner"} 1',
    'incidents_created_total{source="operator"} 0',
    'incident_transitions_total{from="NEW",to="IN_PROGRESS"} 1',
    'incident_transitions_total{from="RESOLVED",to="CLOSED"} 0',
    'incidents_current{status="IN_PROGRESS",source="monitoring"} 1',
    'incidents_current{status="NEW",source="partner"} 1',
    'incidents_current{status="CLOSED",source="operator"} 0',
    'incident_time_to_take_seconds_count{source="monitoring"} 1',
    'incident_time_to_take_seconds_bucket{le="60",source="monitoring"} 1',
    'incident_time_to_resolve_seconds_count{source="monitoring"} 0',
    'database_pool_waiting ',
    'database_pool_connections{state="idle"} ',
    'http_request_duration_seconds_count{method="PATCH",route="/api/v1/incidents/:id",status="200"} 1',
    'http_request_duration_seconds_count{method="PATCH",route="/api/v1/incidents/:id",status="409"} 1',
    'http_request_duration_seconds_count{method="GET",route="unmatched",status="404"} 1',
  ])('contain %s', async (line) => expect(await metrics()).toContain(line));

  it('count committed incidents only', async () => {
    expect(await metrics()).not.toMatch(/to="CLOSED"} [1-9]/);
  });

  it('contain the age of the oldest NEW incident', async () => {
    await service.database.query(
      `UPDATE incidents SET created_at = now() - interval '1 hour' WHERE status = 'NEW'`,
    );
    const age = Number(/^incidents_oldest_new_age_seconds (\S+)$/m.exec(await metrics())?.[1]);
    expect(age).toBeGreaterThanOrEqual(3600);
    expect(age).toBeLessThan(3700);
  });

  it('contain no raw paths', async () => {
    expect(await metrics()).not.toContain('scanner');
  });

  it('pass promtool check metrics', async () => {
    const { status, stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], {
      input: await metrics(),
    });
    // Optional on other machines; CI installs it, and must find it.
    if (error && !process.env['CI']) return;
    expect({ error, status, said: String(stdout) + String(stderr) }).toEqual({ status: 0, said: '' });
  });
});
