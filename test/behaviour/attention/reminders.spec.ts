import { untilPlaced } from '../../support/feed.js';
import { type Service, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

describe('reminders of the service', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService();
    await service.database.query(
      `INSERT INTO attention_policies (scope, take_within_ms, escalate_after) VALUES ('monitoring', 1000, 1)`,
    );
    // The consumer begins at the latest event when it is created.
    await until(async () => (await service.get('/api/v1/consumers/attention')).status === 200);
  });
  afterAll(() => service.stop());

  const eventsOf = async (id: number) => (await service.get(`/api/v1/incidents/${id}/events`)).body;

  it('are events of an untaken incident until somebody takes it', async () => {
    const { id } = (await service.report()).body;
    const events = await until(async () => {
      const all = await eventsOf(id);
      return all.length >= 3 && all;
    });
    expect(events).toMatchObject([
      { seq: 1, type: 'reported' },
      { seq: 2, type: 'reminded', purpose: 'take', reminder_number: 1, actor: 'service', channel: 'rest' },
      { seq: 3, type: 'escalated', purpose: 'take', reminder_number: 2, access_key: null },
    ]);
    await service.patch(`/api/v1/incidents/${id}`, { assignee: 'Анна' });
    await until(async () => (await service.database.query('SELECT FROM timers')).length === 0);
    const after = await eventsOf(id);
    expect(after.at(-1)).toMatchObject({ type: 'status_changed', assignee: 'Анна' });
    await untilPlaced(service.database);
    const feed = (await service.get(`/api/v1/events?incident=${id}`)).body.events;
    expect(feed.map(({ type }: { type: string }) => type)).toEqual(
      after.map(({ type }: { type: string }) => type),
    );
  });

  it('do not exist for incidents that no policy applies to', async () => {
    const { id } = (await service.report({ source: 'partner' })).body;
    const other = (await service.report()).body;
    await until(async () => (await eventsOf(other.id)).length > 1);
    expect(await eventsOf(id)).toHaveLength(1);
  });

  it('begin for open incidents when a policy is stored, and end when it is deleted', async () => {
    const { id } = (await service.report({ source: 'partner' })).body;
    const path = '/api/v1/policies/partner';
    expect((await service.request('PUT', path, { json: { take_within: '1s' } })).status).toBe(201);
    await until(async () => (await eventsOf(id)).length > 1);
    expect((await service.request('DELETE', path)).status).toBe(204);
    await until(async () => (await service.database.query('SELECT FROM changed_policies')).length === 0);
    const timer = () => service.database.query('SELECT FROM timers WHERE incident_id = $1', [id]);
    await until(async () => (await timer()).length === 0);
  });

  it('are counted in the metrics, with the time for which timers are overdue', async () => {
    const metrics = (await service.get('/metrics')).text;
    expect(metrics).toMatch(/^incident_reminders_total\{type="reminded",purpose="take"\} [1-9]/m);
    expect(metrics).toMatch(/^incident_reminders_total\{type="reminded",purpose="progress"\} 0/m);
    expect(metrics).toMatch(/^timers_overdue_seconds \d/m);
  });
});
